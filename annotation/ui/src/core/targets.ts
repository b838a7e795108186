/** Questions asked once for each message or candidate: their targets. */
import type { Candidate, Json, Message, Per, Question, Task } from "./types";

const ROLES = new Set(["user", "assistant", "system", "tool"]);

/** The messages of a field, or nothing when it is no chat. */
export function messagesOf(value: Json | undefined): Message[] | null {
  if (!Array.isArray(value)) return null;
  for (const message of value) {
    if (typeof message !== "object" || message === null || Array.isArray(message)) return null;
    if (typeof message.role !== "string" || !ROLES.has(message.role)) return null;
    if (typeof message.content !== "string") return null;
  }
  return value as unknown as Message[];
}

export function perOf(question: Question): Per | undefined {
  return "per" in question ? question.per : undefined;
}

/** The targets of `per` in one task, in the order shown: indexes of messages, or names of candidates. */
export function targetsOf(per: Per, task: { item: Task["item"]; candidates: Candidate[] | null }): string[] {
  if (per === "candidates") return (task.candidates ?? []).map(({ name }) => name);
  const roles: readonly string[] = per.roles ?? ["assistant"];
  const messages = messagesOf(task.item[per.messages]) ?? [];
  return messages.flatMap(({ role }, n) => (roles.includes(role) ? [String(n)] : []));
}

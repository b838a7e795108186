/** Which questions are asked: one with `when` only if that question is itself asked and its answer fits. */
import type { Answer, Question, Schema, Value } from "./types";
import { cannotAssess } from "./types";

export function asked(schema: Schema, answer: Answer): Question[] {
  const ids = new Set<string>();
  return schema.questions.filter((question) => {
    const { when } = question;
    const counts = !when || (ids.has(when.question) && holds(when.is, answer[when.question]));
    if (counts) ids.add(question.id);
    return counts;
  });
}

/** The answer without values of questions that are not asked, as it may be sent. */
export function onlyAsked(schema: Schema, answer: Answer): Answer {
  const kept: Answer = {};
  for (const { id } of asked(schema, answer)) {
    const value = answer[id];
    if (value !== undefined) kept[id] = value;
  }
  return kept;
}

function holds(wanted: (string | number)[], value: Value | undefined): boolean {
  if (value === undefined || cannotAssess(value)) return false;
  return marks(value).some((mark) => wanted.includes(mark));
}

/** What a condition can ask for: option ids, numbers, and of a preference `tie`, `both_bad` or `candidate`. */
function marks(value: unknown): (string | number)[] {
  if (typeof value === "string" || typeof value === "number") return [value];
  if (Array.isArray(value)) return value.flatMap(marks);
  if (typeof value === "object" && value !== null) {
    if ("better" in value) {
      const better = String(value.better);
      return [better === "tie" || better === "both_bad" ? better : "candidate"];
    }
    return Object.values(value).flatMap(marks);
  }
  return [];
}

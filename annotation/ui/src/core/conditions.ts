/**
 * Which questions are asked: one with `when` only if that question is itself asked and its answer fits.
 * The server's rules; shared cases: `test/vectors/answers.json`.
 */
import { perOf } from "./targets";
import type { Answer, Preference, Question, Schema, Span, Value } from "./types";
import { cannotAssess } from "./types";

export function asked(schema: Schema, answer: Answer): Question[] {
  const now = new Map<string, Question>();
  for (const question of schema.questions) {
    const { when } = question;
    const before = when && now.get(when.question);
    if (!when || (before && holds(before, when.is, answer[when.question]))) now.set(question.id, question);
  }
  return [...now.values()];
}

/** The answer without values of questions that are not asked, or left open, as it may be sent. */
export function onlyAsked(schema: Schema, answer: Answer): Answer {
  const kept: Answer = {};
  for (const question of asked(schema, answer)) {
    const value = answer[question.id];
    if (value !== undefined && !isNone(question, value)) kept[question.id] = value;
  }
  return kept;
}

/** A value that is no answer yet. An empty list of spans or choices is an answer: there are none. */
export function isNone(question: Question, value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  if (question.type === "taxonomy" && question.many) return Array.isArray(value) && value.length === 0;
  return perOf(question) !== undefined && typeof value === "object" && Object.keys(value).length === 0;
}

function holds(before: Question, wanted: readonly (string | number)[], value: Value | undefined): boolean {
  if (value === undefined || cannotAssess(value)) return false;
  const values = perOf(before) === undefined ? [value] : Object.values(value);
  return values.some((one) => marks(before, one).some((mark) => wanted.includes(mark)));
}

/** What a condition can wait for in one value: option ids, numbers, and of a preference what was said. */
function marks(question: Question, value: unknown): (string | number)[] {
  switch (question.type) {
    case "choice":
      return [value as string];
    case "rating":
      return [value as number];
    case "choices":
      return value as string[];
    case "taxonomy":
      return (value as string[] | string[][]).flat();
    case "spans":
      return (value as Span[]).map(({ label }) => label);
    case "preference": {
      const { better } = value as Preference;
      return [better === "tie" || better === "both_bad" ? better : "candidate"];
    }
    case "ranking":
    case "text":
      return [];
  }
}

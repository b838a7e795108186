/**
 * Is an answer complete and right? The server's rules, so that nobody waits for a refusal; the server has
 * the last word. Shared cases: `test/vectors/answers.json`.
 */
import { asked, isNone } from "./conditions";
import { perOf, targetsOf } from "./targets";
import { codePoints, TextMap } from "./text";
import {
  type Answer,
  cannotAssess,
  type Question,
  type QuestionOf,
  type Schema,
  type Span,
  type Task,
  type TreeOption,
} from "./types";
import { t } from "./words";

/** `field` is a question's id. */
export type Fault = { field: string; message: string };
type Shown = Pick<Task, "item" | "candidates">;

/** Everything that is wrong with `answer`, in the order of the questions. */
export function faultsOf(schema: Schema, task: Shown, answer: Answer): Fault[] {
  const now = asked(schema, answer);
  const faults: Fault[] = [];
  for (const [field, value] of Object.entries(answer)) {
    const question = schema.questions.find(({ id }) => id === field);
    if (question && (now.includes(question) || isNone(question, value))) continue;
    faults.push({ field, message: t("This question is not asked here.") });
  }
  for (const question of now) {
    const message = faultOf(question, task, answer[question.id]);
    if (message) faults.push({ field: question.id, message });
  }
  if (faults.length === 0 && now.every((question) => isNone(question, answer[question.id])))
    faults.push({ field: now[0]?.id ?? "", message: t("Answer at least one question.") });
  return faults;
}

/** What is wrong with the value of one question that is asked, or an empty text. */
export function faultOf(question: Question, task: Shown, value: unknown): string {
  const required = question.required !== false;
  const per = perOf(question);
  const targets = per && targetsOf(per, task);
  if (targets?.length === 0 && per === "candidates") return t("There is nothing to compare in this item.");
  if (isNone(question, value)) {
    return required && targets?.length !== 0 ? t("This question needs an answer.") : "";
  }
  if (cannotAssess(value)) {
    const whole = value.cannot_assess === true && Object.keys(value).length === 1;
    return question.cannot_assess && whole ? "" : t("This question has to be answered.");
  }
  if (targets === undefined) return faultOfOne(question, task, value);
  if (!isObject(value)) return t("One answer for each is needed.");
  const given = targets.filter((target) => value[target] !== undefined && value[target] !== null);
  const strange = Object.keys(value).find((target) => !targets.includes(target));
  if (strange !== undefined) return t("This is not asked about {target}.", { target: strange });
  if (required && given.length < targets.length)
    return t("{n} of {all} are still open.", { n: targets.length - given.length, all: targets.length });
  for (const target of given) {
    const message = faultOfOne(question, task, value[target]);
    if (message) return message;
  }
  return "";
}

/** Something is missing or wrong: used to find the first open question. */
export function isOpen(question: Question, task: Shown, value: unknown): boolean {
  return isNone(question, value) || faultOf({ ...question, required: true }, task, value) !== "";
}

function faultOfOne(question: Question, task: Shown, value: unknown): string {
  switch (question.type) {
    case "choice":
      return question.options.some(({ id }) => id === value) ? "" : t("Pick one of the options.");
    case "choices":
      return faultOfChoices(question, value);
    case "taxonomy":
      return faultOfPaths(question, value);
    case "spans":
      return faultOfSpans(question, task.item[question.of], value);
    case "preference":
      return faultOfPreference(question, task, value);
    case "ranking":
      return faultOfRanking(question.ties !== false, task, value);
    case "rating": {
      const [min, max] = [question.min ?? 1, question.max ?? 5];
      const right = typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
      return right ? "" : t("Pick a number from {min} to {max}.", { min, max });
    }
    case "text":
      return faultOfText(question, value);
  }
}

function faultOfChoices(question: QuestionOf<"choices">, value: unknown): string {
  const ids = question.options.map(({ id }) => id);
  const known = Array.isArray(value) && value.every((id) => ids.includes(id as string));
  if (!known || new Set(value).size !== value.length) return t("Pick options of this question.");
  const [min, max] = [question.min ?? 0, question.max ?? ids.length];
  if (value.length < min) return t("Pick at least {min}.", { min });
  return value.length > max ? t("Pick at most {max}.", { max }) : "";
}

function faultOfPaths(question: QuestionOf<"taxonomy">, value: unknown): string {
  const wrong = t("Pick a place in the tree.");
  if (!Array.isArray(value)) return wrong;
  const paths: unknown[] = question.many ? value : [value];
  const seen = new Set<string>();
  for (const path of paths) {
    if (!Array.isArray(path) || path.length === 0) return wrong;
    let options: readonly TreeOption[] | undefined = question.options;
    for (const id of path) {
      const found: TreeOption | undefined = options?.find((option) => option.id === id);
      if (found === undefined) return wrong;
      options = found.options;
    }
    if (question.leaf_only !== false && options && options.length > 0) return t("Go down to the last level.");
    const key = path.join("\0");
    if (seen.has(key)) return t("One place is picked twice.");
    seen.add(key);
  }
  return "";
}

function faultOfSpans(question: QuestionOf<"spans">, text: unknown, value: unknown): string {
  if (typeof text !== "string") return t("This cannot be answered: the item has no text here.");
  if (!Array.isArray(value)) return t("Mark spans of the text.");
  const labels = new Set(question.options.map(({ id }) => id));
  const map = mapOf(text);
  for (const span of value as unknown[]) {
    if (!isObject(span) || !labels.has(span.label as string))
      return t("A span has no label of this question.");
    const { start, end } = span as Span;
    if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end <= start || end > map.points)
      return t("A span lies outside the text.");
    if (text.slice(map.unit(start), map.unit(end)) !== span.quote)
      return t("A span does not quote the text.");
  }
  const sorted = [...(value as Span[])].sort(order);
  for (const [n, span] of sorted.entries()) {
    const next = sorted[n + 1];
    if (next && order(span, next) === 0) return t("A passage has the same label twice.");
    if (next && question.overlap === false && next.start < span.end) return t("Spans may not overlap here.");
  }
  return "";
}

/** The last text's map: one text is checked again with every change to its spans. */
let lastMap: TextMap | undefined;

function mapOf(text: string): TextMap {
  if (lastMap?.text !== text) lastMap = new TextMap(text);
  return lastMap;
}

function order(a: Span, b: Span): number {
  return a.start - b.start || a.end - b.end || (a.label < b.label ? -1 : a.label > b.label ? 1 : 0);
}

function faultOfPreference(question: QuestionOf<"preference">, task: Shown, value: unknown): string {
  if (task.candidates?.length !== 2) return t("There are no two answers to compare in this item.");
  const wrong = t("Say which is better.");
  if (!isObject(value)) return wrong;
  const { better, strength, ...rest } = value;
  if (Object.keys(rest).length > 0) return wrong;
  const even =
    (better === "tie" && question.tie !== false) || (better === "both_bad" && question.both_bad !== false);
  if (even) return strength === undefined || strength === null ? "" : wrong;
  if (!task.candidates.some(({ name }) => name === better)) return wrong;
  const most = question.strength ?? 1;
  if (strength === undefined || strength === null) return most === 1 ? "" : t("Say how much better.");
  const right = Number.isInteger(strength) && (strength as number) >= 1 && (strength as number) <= most;
  return right ? "" : wrong;
}

function faultOfRanking(ties: boolean, task: Shown, value: unknown): string {
  if (!Array.isArray(value) || !value.every((rank) => Array.isArray(rank) && rank.length > 0))
    return t("Rank every answer.");
  if (!ties && value.some((rank) => rank.length > 1)) return t("No two may share a rank.");
  const ranked = (value as string[][]).flat().sort();
  const names = (task.candidates ?? []).map(({ name }) => name).sort();
  const every = ranked.length === names.length && ranked.every((name, n) => name === names[n]);
  return every ? "" : t("Rank every answer.");
}

function faultOfText(question: QuestionOf<"text">, value: unknown): string {
  if (typeof value !== "string") return t("Write an answer.");
  const length = codePoints(value);
  const [min, max] = [question.min_length ?? 0, question.max_length ?? 20_000];
  if (length < min) return t("At least {min} characters; now {length}.", { min, length });
  return length > max ? t("At most {max} characters; now {length}.", { max, length }) : "";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

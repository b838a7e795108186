/** An answer as a person reads it: each question's text, and what was said to it in the words of its options. */
import { textsOf } from "./tree";
import { type Answer, cannotAssess, type Preference, type Question, type Schema, type Span } from "./types";
import { t } from "./words";

export type Said = { question: string; said: string };

/** One entry for each question that has an answer, in the order of the schema. */
export function inWords(schema: Schema, answer: Answer): Said[] {
  return schema.questions.flatMap((question) => {
    const value: unknown = answer[question.id];
    return value === undefined || value === null
      ? []
      : [{ question: question.text, said: said(question, value) }];
  });
}

function said(question: Question, value: unknown): string {
  if (cannotAssess(value)) return t("Cannot assess");
  if ("per" in question && question.per && typeof value === "object" && value !== null) {
    const each = Object.entries(value as Record<string, unknown>);
    // Messages are counted from 0 in answers and from 1 on the page; candidates have names.
    const name = (target: string) => (/^\d+$/.test(target) ? String(Number(target) + 1) : target);
    return each.map(([target, one]) => `${name(target)}: ${saidOnce(question, one)}`).join("\n");
  }
  return saidOnce(question, value);
}

function saidOnce(question: Question, value: unknown): string {
  if (cannotAssess(value)) return t("Cannot assess");
  switch (question.type) {
    case "choice":
      return textOf(question.options, value);
    case "choices":
      return listed(value, (one) => textOf(question.options, one));
    case "taxonomy": {
      const paths = question.many ? value : [value];
      return listed(paths, (path) =>
        textsOf(question.options, Array.isArray(path) ? path.map(String) : []).join(" › "),
      );
    }
    case "spans":
      return (value as Span[])
        .map(({ label, quote }) => `${textOf(question.options, label)}: ${quote}`)
        .join("\n");
    case "preference":
      return preferred(value as Preference, question.strength ?? 1);
    case "ranking":
      return listed(value, (rank) => listed(rank, String, " = "), " > ");
    case "rating":
    case "text":
      return String(value);
  }
}

function preferred({ better, strength }: Preference, most: number): string {
  if (better === "tie") return t("Tie");
  if (better === "both_bad") return t("Both bad");
  return most > 1 && strength
    ? t("{name} is better, {n} of {most}", { name: better, n: strength, most })
    : t("{name} is better", { name: better });
}

function textOf(options: readonly { id: string; text: string }[], id: unknown): string {
  return options.find((option) => option.id === id)?.text ?? String(id);
}

function listed(values: unknown, word: (one: unknown) => string, between = ", "): string {
  return Array.isArray(values) ? values.map(word).join(between) : String(values);
}

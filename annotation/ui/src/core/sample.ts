/** A task made of a schema and a sample item, without a server: candidates in their own order, no lease. */
import { messagesOf } from "./targets";
import type { Candidate, Json, Schema, Task } from "./types";
import { t } from "./words";

const TYPES = ["choice", "choices", "taxonomy", "spans", "preference", "ranking", "rating", "text"];
const WITH_OPTIONS = ["choice", "choices", "taxonomy", "spans"];

/** The schema in `text` as far as a page can show it; the server checks it in full. Throws an `Error` in words. */
export function readSchema(text: string): Schema {
  const body = readObject(text, t("The schema"));
  const questions = body.questions;
  if (!isObject(body.item)) throw new Error(t("`item` names the fields that are shown."));
  if (!Array.isArray(questions) || questions.length === 0)
    throw new Error(t("`questions` lists what is asked."));
  for (const [n, question] of questions.entries()) {
    const where = t("Question {n}", { n: n + 1 });
    if (!isObject(question) || typeof question.id !== "string" || typeof question.text !== "string")
      throw new Error(t("{where} has no id or no text.", { where }));
    if (!TYPES.includes(String(question.type)))
      throw new Error(t("{where}: its type is one of {types}.", { where, types: TYPES.join(", ") }));
    if (WITH_OPTIONS.includes(String(question.type)) && !areOptions(question.options))
      throw new Error(t("{where}: each option has an id and a text.", { where }));
  }
  return body as unknown as Schema;
}

/** The task that a labeler would see. Throws an `Error` in words. */
export function sampleTask(schema: Schema, text: string): Task {
  const fields = readObject(text, t("The sample item"));
  const item = Object.fromEntries(Object.keys(schema.item).map((name) => [name, fields[name] ?? null]));
  const { candidates, problem } = compared(schema, fields);
  const missing = Object.entries(schema.item).find(([name]) => item[name] === null);
  const unfit = Object.entries(schema.item).find(([name, as]) => as === "chat" && !messagesOf(item[name]));
  return {
    id: "sample",
    item,
    candidates,
    problem:
      problem ??
      (missing && t("The field “{name}” is missing.", { name: missing[0] })) ??
      (unfit && t("The field “{name}” is no list of messages.", { name: unfit[0] })) ??
      null,
    lease_ends: "",
    schema_version: 1,
    draft: null,
  };
}

function compared(schema: Schema, fields: { [name: string]: Json }) {
  if (!schema.candidates) return { candidates: null, problem: undefined };
  const { of } = schema.candidates;
  const names = Array.isArray(of) ? of : [of];
  const only = names.length === 1 ? fields[names[0]!] : undefined;
  const values: (Json | undefined)[] = Array.isArray(only) ? only : names.map((name) => fields[name]);
  const contents = values.map(textOf);
  if (contents.length < 2 || contents.includes(null))
    return {
      candidates: null,
      problem: t("There are no two texts to compare in {names}.", { names: names.join(", ") }),
    };
  const candidates: Candidate[] = contents.map((content, n) => ({
    name: String.fromCharCode(65 + n),
    content: content ?? "",
  }));
  return { candidates, problem: undefined };
}

function textOf(value: Json | undefined): string | null {
  const text = isObject(value) ? (value.content ?? value.text) : value;
  return typeof text === "string" ? text : null;
}

function areOptions(options: unknown): boolean {
  if (!Array.isArray(options) || options.length === 0) return false;
  return options.every(
    (option) =>
      isObject(option) &&
      typeof option.id === "string" &&
      typeof option.text === "string" &&
      (option.options === undefined || areOptions(option.options)),
  );
}

function readObject(text: string, what: string): { [name: string]: Json } {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (broken) {
    throw new Error(t("{what} is no JSON: {why}", { what, why: (broken as Error).message }));
  }
  if (!isObject(body)) throw new Error(t("{what} is a JSON object.", { what }));
  return body;
}

function isObject(value: unknown): value is { [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A label schema while it is being written: JSON in which anything may be missing or odd. Pure. */

/** Anything may stand in it: it is checked by the server. */
export type Loose = { [key: string]: any };
export type Tree = { id: string; text: string; options?: Tree[] };

/** The schema behind a text, or where and why it is none. */
export function parse(text: string): { schema: Loose } | { wrong: string; line: number } {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (broken) {
    const message = (broken as Error).message;
    return { wrong: message, line: lineOf(text, message) };
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) return { wrong: "{}", line: 1 };
  return { schema: body as Loose };
}

/** Characters that V8 quotes before the one that it does not understand. */
const QUOTED_BEFORE = 10;

/** The line that an engine's message about JSON means, from 1; the last one when it tells none. */
export function lineOf(text: string, message: string): number {
  const line = /line (\d+)/.exec(message);
  if (line) return Number(line[1]);
  const position = /position (\d+)/.exec(message);
  const before = position ? Number(position[1]) : placeQuoted(text, message);
  return text.slice(0, before).split("\n").length;
}

/** The place of `'o', ..."  "item": oops"... is not valid JSON`; undefined when the quoted text stands twice. */
function placeQuoted(text: string, message: string): number | undefined {
  const [, token, dots, quoted] = /'([^]+)', (\.\.\.)?"([^]*)"(?:\.\.\.)? is not/.exec(message) ?? [];
  if (token === undefined || quoted === undefined) return undefined;
  if (dots === undefined) return Math.max(0, quoted.indexOf(token));
  const at = text.indexOf(quoted);
  return at >= 0 && text.indexOf(quoted, at + 1) < 0 ? at + QUOTED_BEFORE : undefined;
}

export function format(schema: Loose): string {
  return JSON.stringify(schema, null, 2);
}

/** An id made of words, as exports may carry it; `taken` are those it must not be. */
export function idFrom(words: string, taken: readonly string[], fallback: string): string {
  const plain = words
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 32)
    .replace(/-+$/, "");
  const base = plain || fallback;
  let id = base;
  for (let n = 2; taken.includes(id); n++) id = `${base}-${n}`;
  return id;
}

/** A new question of a type, as short as it may be. */
export function newQuestion(type: string, schema: Loose): Loose {
  const taken = questions(schema).map((question) => String(question.id));
  const common: Loose = { id: idFrom(type, taken, "question"), type, text: "" };
  const two = () => [
    { id: "yes", text: "Yes" },
    { id: "no", text: "No" },
  ];
  if (type === "choice" || type === "choices" || type === "taxonomy") return { ...common, options: two() };
  if (type === "spans")
    return {
      ...common,
      of: fieldsShownAs(schema, "text")[0] ?? "",
      options: [{ id: "label", text: "Label" }],
    };
  return common;
}

export function questions(schema: Loose): Loose[] {
  return list(schema.questions);
}

export function options(question: Loose): Loose[] {
  return list(question.options);
}

function list(value: unknown): Loose[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "object" && one !== null) : [];
}

export function fields(schema: Loose): [string, string][] {
  const item: unknown = schema.item;
  if (typeof item !== "object" || item === null) return [];
  return Object.entries(item).map(([name, as]) => [name, String(as)]);
}

export function fieldsShownAs(schema: Loose, as: string): string[] {
  return fields(schema)
    .filter(([, shown]) => shown === as)
    .map(([name]) => name);
}

export function moved<T>(all: readonly T[], from: number, by: number): T[] {
  const next = [...all];
  const to = from + by;
  if (to < 0 || to >= next.length) return next;
  [next[from], next[to]] = [next[to]!, next[from]!];
  return next;
}

/** What a later question may wait for, as values with their words; nothing for ranking and text. */
export function conditionsOf(question: Loose): [string | number, string][] {
  const type = question.type;
  if (type === "choice" || type === "choices" || type === "spans")
    return options(question).map((option) => [String(option.id), String(option.text ?? option.id)]);
  if (type === "taxonomy") return inTree(options(question));
  if (type === "preference") {
    const all: [string, string][] = [["candidate", "one is better"]];
    if (question.tie !== false) all.push(["tie", "tie"]);
    if (question.both_bad !== false) all.push(["both_bad", "both bad"]);
    return all;
  }
  if (type === "rating") {
    const [least, most] = [whole(question.min, 1), whole(question.max, 5)];
    if (most < least || most - least > 10) return [];
    return Array.from({ length: most - least + 1 }, (_, n) => [least + n, String(least + n)]);
  }
  return [];
}

function inTree(all: Loose[]): [string, string][] {
  return all.flatMap((one): [string, string][] => [
    [String(one.id), String(one.text ?? one.id)],
    ...inTree(options(one)),
  ]);
}

function whole(value: unknown, otherwise: number): number {
  return typeof value === "number" && Number.isInteger(value) ? value : otherwise;
}

/** Nested options as lines: two spaces deeper is inside; an id stands before a colon where it is not made of the text. */
export function treeToLines(all: readonly Loose[], depth = 0): string {
  return all
    .map((one) => {
      const [id, text] = [String(one.id ?? ""), String(one.text ?? "")];
      const named = idFrom(text, [], "option") === id ? text : `${id}: ${text}`;
      const inside = options(one);
      return `${"  ".repeat(depth)}${named}\n${inside.length ? treeToLines(inside, depth + 1) : ""}`;
    })
    .join("");
}

export function linesToTree(lines: string): Tree[] {
  const top: Tree[] = [];
  const open: { depth: number; under: Tree[] }[] = [{ depth: -1, under: top }];
  const taken: string[] = [];
  for (const line of lines.split("\n")) {
    if (!line.trim()) continue;
    const depth = Math.floor((line.length - line.trimStart().length) / 2);
    const [, named, words] = /^(?:([A-Za-z0-9][\w.-]{0,39}):\s+)?(.*)$/.exec(line.trim()) ?? [];
    const text = words || named || "";
    const id = named && !taken.includes(named) ? named : idFrom(text, taken, "option");
    taken.push(id);
    while (open.length > 1 && open.at(-1)!.depth >= depth) open.pop();
    const node: Tree = { id, text };
    open.at(-1)!.under.push(node);
    open.push({ depth, under: insideOf(node) });
  }
  return withoutEmpty(top);
}

function insideOf(node: Tree): Tree[] {
  node.options = [];
  return node.options;
}

function withoutEmpty(all: Tree[]): Tree[] {
  return all.map(({ id, text, options: inside }) =>
    inside?.length ? { id, text, options: withoutEmpty(inside) } : { id, text },
  );
}

/** Set a key, or take it away where the value is what stands for nothing. */
export function put(body: Loose, key: string, value: unknown, nothing?: unknown): Loose {
  const next = { ...body };
  if (value === undefined || value === nothing || value === "") delete next[key];
  else next[key] = value;
  return next;
}

/** Rename a question everywhere it is named. */
export function renameQuestion(schema: Loose, n: number, id: string): Loose {
  const all = questions(schema);
  const old = all[n]?.id;
  return {
    ...schema,
    questions: all.map((question, k) => {
      const named: Loose = k === n ? { ...question, id } : { ...question };
      if (named.when?.question === old && k !== n) named.when = { ...named.when, question: id };
      if (named.starts_from === old && k !== n) named.starts_from = id;
      return named;
    }),
  };
}

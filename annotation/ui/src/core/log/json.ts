/** Canonical JSON: sorted names, no space, whole numbers, one way to write each text. As `audit/leaf.py` has it. */
import { byCodePoint, parseUtf8 } from "./bytes";
import { Malformed } from "./errors";

export type Json = string | bigint | boolean | null | Json[] | JsonObject;
export type JsonObject = Map<string, Json>;

const MAX_DEPTH = 32;
// Python reads and writes no longer number.
const MAX_DIGITS = 4300;

/** Read what our writer wrote; raises `Malformed` for any other bytes. */
export function parseCanonicalJson(encoded: Uint8Array): JsonObject {
  const reader = new Reader(parseUtf8(encoded));
  const content = reader.value(0);
  if (!(content instanceof Map) || !reader.done()) throw new Malformed("not canonical JSON of one object");
  return content;
}

/** Reads one text; whatever a writer would have written otherwise is an error where it stands. */
class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  done(): boolean {
    return this.at === this.text.length;
  }

  value(depth: number): Json {
    if (depth > MAX_DEPTH) throw new Malformed("JSON is nested too deep");
    const mark = this.text[this.at];
    if (mark === "{") return this.object(depth);
    if (mark === "[") return this.list(depth);
    if (mark === '"') return this.string();
    for (const [written, value] of CONSTANTS) if (this.take(written)) return value;
    const number = /-?[0-9]+/y;
    number.lastIndex = this.at;
    const found = number.exec(this.text)?.[0] ?? "";
    if (!/^(?:0|-?[1-9][0-9]*)$/.test(found) || found.replace("-", "").length > MAX_DIGITS)
      throw new Malformed("not canonical JSON of one object");
    this.at += found.length;
    return BigInt(found);
  }

  private object(depth: number): JsonObject {
    const found: JsonObject = new Map();
    let last: string | null = null;
    this.need("{");
    while (!this.take("}")) {
      if (last !== null) this.need(",");
      const name = this.string();
      if (last !== null && byCodePoint(last, name) >= 0) throw new Malformed("names in JSON are not sorted");
      this.need(":");
      found.set(name, this.value(depth + 1));
      last = name;
    }
    return found;
  }

  private list(depth: number): Json[] {
    const found: Json[] = [];
    this.need("[");
    while (!this.take("]")) {
      if (found.length > 0) this.need(",");
      found.push(this.value(depth + 1));
    }
    return found;
  }

  private string(): string {
    const text = /"(?:[^"\\\u0000-\u001f]|\\[^])*"/y;
    text.lastIndex = this.at;
    const written = text.exec(this.text)?.[0];
    let read: unknown;
    try {
      read = JSON.parse(written ?? "");
    } catch {
      throw new Malformed("not JSON");
    }
    // The browser's writer escapes what Python's does, and in the same way, once no half of a pair is left.
    if (typeof read !== "string" || JSON.stringify(read) !== written)
      throw new Malformed("a text is not canonical JSON");
    if (/\p{Surrogate}/u.test(read)) throw new Malformed("text holds half a character");
    this.at += written.length;
    return read;
  }

  private take(wanted: string): boolean {
    if (!this.text.startsWith(wanted, this.at)) return false;
    this.at += wanted.length;
    return true;
  }

  private need(wanted: string): void {
    if (!this.take(wanted)) throw new Malformed("not canonical JSON of one object");
  }
}

const CONSTANTS: readonly (readonly [string, Json])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
];

/** Write a value for people, as Python's `json.dumps` does: a space after commas and colons. */
export function written(value: Json): string {
  if (value instanceof Map)
    return `{${[...value].map(([name, each]) => `${JSON.stringify(name)}: ${written(each)}`).join(", ")}}`;
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  return typeof value === "bigint" ? String(value) : JSON.stringify(value);
}

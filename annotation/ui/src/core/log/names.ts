/** Distinguished names (RFC 5280, 4.1.2.4): read as `cryptography` reads them, and written as RFC 4514 has it. */
import { parseUtf8, toHex } from "./bytes";
import type { Value } from "./der";
import { BITS, OID, SET, latin1, parseDer } from "./der";
import { Malformed } from "./errors";

const [UTF8, NUMERIC, PRINTABLE, TELETEX, IA5] = [12, 18, 19, 20, 22] as const;
const [VISIBLE, UNIVERSAL, BMP] = [26, 28, 30] as const;
const TEXTS: readonly number[] = [4, UTF8, NUMERIC, PRINTABLE, TELETEX, IA5, 23, 24, VISIBLE];
const UNIQUE_IDENTIFIER = "2.5.4.45";
const SHORT = new Map([
  ["2.5.4.3", "CN"],
  ["2.5.4.7", "L"],
  ["2.5.4.8", "ST"],
  ["2.5.4.10", "O"],
  ["2.5.4.11", "OU"],
  ["2.5.4.6", "C"],
  ["2.5.4.9", "STREET"],
  ["0.9.2342.19200300.100.1.25", "DC"],
  ["0.9.2342.19200300.100.1.1", "UID"],
]);

type Attribute = { id: string; value: Value };

/** Raises `Malformed` for what is no name, whatever its texts are. */
export function requireName(value: Value): void {
  for (const attributes of attributesIn(value))
    for (const { value: each } of attributes) {
      const { content, tag } = each;
      if (tag === PRINTABLE && !/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(latin1(content)))
        throw new Malformed("a name has marks that its kind of text has not");
      if (tag === BMP || tag === UNIVERSAL) textOf(each);
    }
}

function attributesIn(name: Value): Attribute[][] {
  return name
    .sequence()
    .rest()
    .map((set) => {
      if (set.tag !== SET) throw new Malformed("a name is made of sets");
      const all = set.members().rest();
      all.reduce<string>((last, { encoded }) => {
        const now = toHex(encoded);
        if (now < last) throw new Malformed("a set is not in its one order");
        return now;
      }, "");
      return all.map((each) => {
        const members = each.sequence();
        const id = members.take(OID).oid();
        const [value, ...more] = members.rest();
        if (!value || more.length > 0) throw new Malformed("a name's attribute has one value");
        return { id, value };
      });
    });
}

/** Return a DER name as RFC 4514 writes it, last part first. Raises `Malformed` for a text that is none. */
export function nameInWords(encoded: Uint8Array): string {
  return partsOf(encoded)
    .map((parts) => parts.map(([id, text]) => `${SHORT.get(id) ?? id}=${text}`).join("+"))
    .reverse()
    .join(",");
}

/** Return what two names have in common that say the same, in whatever kind of text. Raises `Malformed`. */
export function nameKey(encoded: Uint8Array): string {
  return JSON.stringify(partsOf(encoded).map((parts) => parts.map((each) => JSON.stringify(each)).sort()));
}

function partsOf(encoded: Uint8Array): [id: string, text: string][][] {
  return attributesIn(parseDer(encoded)).map((attributes) => {
    const parts = attributes.map(({ id, value }): [string, string] => [id, writtenValue(id, value)]);
    if (parts.length === 0 || new Set(parts.map((each) => JSON.stringify(each))).size < parts.length)
      throw new Malformed("a part of a name is empty, or says one thing twice");
    return parts;
  });
}

function writtenValue(id: string, value: Value): string {
  if (value.tag === BITS) {
    if (id !== UNIQUE_IDENTIFIER) throw new Malformed("a name's text is of a kind not known here");
    return value.content.length > 0 ? `#${toHex(value.content)}` : "";
  }
  const text = textOf(value)
    .replace(/[\\"+,;<>]/g, "\\$&")
    .replace(/\0/g, "\\00");
  const begun = /^(?:#| [^])/.test(text) ? `\\${text}` : text;
  return begun.replace(/ $/, "\\ ");
}

function textOf({ tag, content }: Value): string {
  if (TEXTS.includes(tag)) return parseUtf8(content);
  const bytes = tag === BMP ? 2 : tag === UNIVERSAL ? 4 : 0;
  if (bytes === 0 || content.length % bytes !== 0)
    throw new Malformed("a name's text is of a kind not known here");
  let text = "";
  for (let at = 0; at < content.length; at += bytes) {
    const code = content.subarray(at, at + bytes).reduce((value, byte) => value * 256 + byte, 0);
    if (code > 0x10ffff || (bytes === 4 && code >= 0xd800 && code < 0xe000))
      throw new Malformed("a name's text is none");
    text += bytes === 2 ? String.fromCharCode(code) : String.fromCodePoint(code);
  }
  if (/\p{Surrogate}/u.test(text)) throw new Malformed("a name's text holds half a character");
  return text;
}

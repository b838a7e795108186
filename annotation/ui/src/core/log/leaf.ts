/** The leaf of a log, two salted commitments and a time, and what opens it. As `audit/leaf.py` has it. */
import { parseDecimal, parseHash, parseUtf8, same, utf8 } from "./bytes";
import { Malformed, Wrong } from "./errors";
import type { JsonObject } from "./json";
import { parseCanonicalJson } from "./json";
import { hmac } from "./sha256";

export const SALT_BYTES = 32;
const MAX_OPENING_BYTES = 4 * 1024 * 1024;

/** The two things a leaf commits to. */
export const HALVES = ["core", "pii"] as const;
export type Half = (typeof HALVES)[number];
export type ParsedLeaf = { core: Uint8Array; pii: Uint8Array; atMs: bigint };

const TAGS = { core: utf8("ringfence/audit/v1/core\0"), pii: utf8("ringfence/audit/v1/pii\0") };

/** Read a leaf; it must be the one encoding of its content. */
export function parseLeaf(encoded: Uint8Array): ParsedLeaf {
  const shape = /^\{"c":"([A-Za-z0-9+/=]{44})","p":"([A-Za-z0-9+/=]{44})","t":([0-9]{1,19}),"v":1\}$/;
  const text = parseUtf8(encoded);
  const [, core, pii, at] = (text.endsWith("\n") ? null : shape.exec(text)) ?? [];
  if (core === undefined || pii === undefined || at === undefined)
    throw new Malformed("a leaf has a version or a shape not known here");
  return { core: parseHash(core), pii: parseHash(pii), atMs: parseDecimal(at) };
}

/** Return what a half says, if `opening` (salt || JSON) is what the leaf commits to. */
export function checkOpening(leaf: ParsedLeaf, half: Half, opening: Uint8Array): JsonObject {
  if (opening.length <= SALT_BYTES || opening.length > MAX_OPENING_BYTES)
    throw new Malformed("an opening has a salt and a content, of at most 4 MiB");
  const content = opening.subarray(SALT_BYTES);
  if (!same(hmac(opening.subarray(0, SALT_BYTES), TAGS[half], content), leaf[half]))
    throw new Wrong(`the ${half} shown is not what the leaf commits to`);
  return parseCanonicalJson(content);
}

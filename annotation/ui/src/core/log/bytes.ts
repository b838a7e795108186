/** Strict readings of numbers, base64 and text. As `audit/encoding.py` has them. */
import { Malformed } from "./errors";

export const HASH_BYTES = 32;
const LARGEST_NUMBER = 2n ** 63n - 1n;

/** Read an ASCII decimal without sign, space or leading zero, below 2**63. */
export function parseDecimal(text: string): bigint {
  if (!/^(?:0|[1-9][0-9]{0,18})$/.test(text) || text.endsWith("\n"))
    throw new Malformed(`not a plain decimal number: ${quoted(text)}`);
  const number = BigInt(text);
  if (number > LARGEST_NUMBER) throw new Malformed("a number is too large");
  return number;
}

/** Read RFC 4648 section 4 base64 with padding; only the canonical encoding is taken. */
export function parseBase64(text: string): Uint8Array {
  let decoded: Uint8Array;
  try {
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new Error();
    decoded = Uint8Array.from(atob(text), (mark) => mark.charCodeAt(0));
  } catch {
    throw new Malformed(`not base64: ${quoted(text)}`);
  }
  // atob takes any value in the unused trailing bits, and a missing end; two texts must not mean one thing.
  if (toBase64(decoded) !== text) throw new Malformed(`not canonical base64: ${quoted(text)}`);
  return decoded;
}

/** Read one base64 hash of exactly 32 bytes. */
export function parseHash(text: string): Uint8Array {
  const decoded = parseBase64(text);
  if (decoded.length !== HASH_BYTES)
    throw new Malformed(`a hash has ${decoded.length} bytes, not ${HASH_BYTES}`);
  return decoded;
}

export function toBase64(content: Uint8Array): string {
  let text = "";
  for (let at = 0; at < content.length; at += 8192)
    text += String.fromCharCode(...content.subarray(at, at + 8192));
  return btoa(text);
}

/** Decode strict UTF-8: no surrogates, no overlong forms; a mark at the beginning is a character like any other. */
export function parseUtf8(content: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw new Malformed("not UTF-8");
  }
}

const encoder = new TextEncoder();

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

export function toHex(content: Uint8Array): string {
  return Array.from(content, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function same(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) return false;
  return true;
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The place of `wanted` in `content` from `start` on, or -1. */
export function indexOf(content: Uint8Array, wanted: Uint8Array, start = 0): number {
  for (let at = start; at + wanted.length <= content.length; at += 1)
    if (same(content.subarray(at, at + wanted.length), wanted)) return at;
  return -1;
}

/** A text as an error quotes it: its beginning, with what cannot be seen written out. */
export function quoted(text: string, most = 80): string {
  return JSON.stringify([...text].slice(0, most).join(""));
}

/** Order by code points, as Python does; by UTF-16 units, as `<` does, the rarest characters come too early. */
export function byCodePoint(one: string, other: string): number {
  const [left, right] = [[...one], [...other]];
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const difference = (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Signed notes and checkpoints (c2sp.org). As `audit/notes.py`, `cosignatures.py` and `checkpoints.py` have them. */
import { joined, parseBase64, parseDecimal, parseHash, parseUtf8, quoted, toHex, utf8 } from "./bytes";
import { Cannot, Malformed, NotSigned } from "./errors";
import { sha256 } from "./sha256";
import type { Hash } from "./tree";

const MAX_NOTE_BYTES = 1_000_000;
const MAX_SIGNATURES = 100;
const KEY_ID_BYTES = 4;
const TIMESTAMP_BYTES = 8;
const SIGNATURE_BYTES = 64;
const LONGEST_NAME_BYTES = 255;
const DASH = "\u2014 ";

export const ED25519 = 1;
export const ED25519_COSIGNATURE = 4;
export const MLDSA44_COSIGNATURE = 6;
const PUBLIC_KEY_BYTES = new Map([
  [ED25519, 32],
  [ED25519_COSIGNATURE, 32],
  [MLDSA44_COSIGNATURE, 1312],
]);

/** A named public key; `text` is its one written form. */
export type Vkey = { name: string; id: string; type: number; publicKey: Uint8Array; text: string };
/** A line of a note's signature block; nothing is verified yet. */
export type Line = { name: string; id: string; signature: Uint8Array };
/** A signature that holds. `time` is in POSIX seconds, null where the signature states none. */
export type Signature = { vkey: Vkey; time: bigint | null };
/** A note with a good signature by a known key, and no bad one. `unchecked` are lines that no browser can verify. */
export type Note = { text: string; verified: Signature[]; unknown: Line[]; unchecked: Vkey[] };
export type Checkpoint = { origin: string; size: bigint; head: Hash; extended: boolean };

/** Read `<name>+<key id>+base64(type || key)`. */
export function parseVkey(text: string): Vkey {
  const [, name, id, encoded] = /^([^+]*)\+([^+]*)\+([^]*)$/.exec(text) ?? [];
  if (name === undefined || id === undefined || encoded === undefined)
    throw new Malformed(`not a verifier key: ${quoted(text)}`);
  requireKeyName(name);
  const key = parseBase64(encoded);
  const type = key[0];
  if (type === undefined || PUBLIC_KEY_BYTES.get(type) !== key.length - 1)
    throw new Malformed(`the verifier key of ${quoted(name)} has a type or a length not known here`);
  if (id !== toHex(sha256(utf8(`${name}\n`), key).subarray(0, KEY_ID_BYTES)))
    throw new Malformed(`the verifier key of ${quoted(name)} does not have the id ${quoted(id)}`);
  if (type === MLDSA44_COSIGNATURE && utf8(name).length > LONGEST_NAME_BYTES)
    throw new Malformed("the name of a cosigner is too long");
  return { name, id, type, publicKey: key.subarray(1), text };
}

/** A note in a bundle carries no line by a key that no policy names: nobody would notice a change in it. */
export function requireAllKnown(note: Note): void {
  const [line] = note.unknown;
  if (line) throw new Malformed(`the signature of ${quoted(line.name)} is by a key that no policy names`);
}

/** Return the text of a note that a key in `vkeys` has signed. Lines by other keys are ignored. */
export async function openNote(data: Uint8Array, vkeys: readonly Vkey[]): Promise<Note> {
  const known = new Map<string, Vkey>();
  for (const vkey of vkeys) {
    const place = `${vkey.name}+${vkey.id}`;
    const other = known.get(place);
    if (other && other.text !== vkey.text)
      throw new NotSigned(`two different keys are both named ${quoted(vkey.name)} with one key id`);
    known.set(place, vkey);
  }
  const { text, lines } = splitNote(data);
  const verified = new Map<Vkey, Signature>();
  const unchecked = new Set<Vkey>();
  const unknown: Line[] = [];
  for (const line of lines) {
    const vkey = known.get(`${line.name}+${line.id}`);
    if (!vkey) unknown.push(line);
    else if (vkey.type === MLDSA44_COSIGNATURE) unchecked.add(vkey);
    else {
      // One bad signature by a known key sinks the note, also beside a good one.
      const found = await verified1(vkey, utf8(text), line.signature);
      if (!verified.has(vkey)) verified.set(vkey, found);
    }
  }
  if (verified.size === 0 && unchecked.size === 0) throw new NotSigned("no known key has signed this note");
  return { text, verified: [...verified.values()], unknown, unchecked: [...unchecked] };
}

/** Take a note apart without verifying it. */
export function splitNote(data: Uint8Array): { text: string; lines: Line[] } {
  if (data.length > MAX_NOTE_BYTES) throw new Malformed(`a note may have at most ${MAX_NOTE_BYTES} bytes`);
  const whole = parseUtf8(data);
  if (!whole.endsWith("\n")) throw new Malformed("a note's text ends with a line feed");
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0009\u000b-\u001f]/.test(whole)) throw new Malformed("a note holds a control character");
  const cut = whole.lastIndexOf("\n\n");
  const block = whole.slice(cut + 2);
  if (cut < 0 || block === "") throw new Malformed("a note has a text, an empty line and signatures");
  const lines = block.slice(0, -1).split("\n");
  if (lines.length > MAX_SIGNATURES)
    throw new Malformed(`a note may have at most ${MAX_SIGNATURES} signatures`);
  return { text: whole.slice(0, cut + 1), lines: lines.map(parseLine) };
}

function parseLine(line: string): Line {
  const parts = line.slice(DASH.length).split(" ");
  const [name, encoded] = parts;
  if (!line.startsWith(DASH) || parts.length !== 2 || name === undefined || encoded === undefined)
    throw new Malformed(`not a signature line: ${quoted(line)}`);
  requireKeyName(name);
  const content = parseBase64(encoded);
  if (content.length <= KEY_ID_BYTES) throw new Malformed(`the signature of ${quoted(name)} is too short`);
  return {
    name,
    id: toHex(content.subarray(0, KEY_ID_BYTES)),
    signature: content.subarray(KEY_ID_BYTES),
  };
}

/** What Python counts as a space; a browser's own list differs by three. */
export const SPACES =
  /[\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

function requireKeyName(name: string): void {
  if (name === "" || name.includes("+") || SPACES.test(name) || /[\u0000-\u001f]/.test(name))
    throw new Malformed(`not a key name: ${quoted(name)}`);
}

async function verified1(vkey: Vkey, text: Uint8Array, signature: Uint8Array): Promise<Signature> {
  let time: bigint | null = null;
  let signed = text;
  let bare = signature;
  if (vkey.type === ED25519_COSIGNATURE) {
    const stamp = signature.subarray(0, TIMESTAMP_BYTES);
    time = stamp.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
    if (time >= 2n ** 63n)
      throw new NotSigned(
        `${quoted(vkey.name)} cannot have cosigned this: a cosignature's time does not fit`,
      );
    signed = joined(utf8(`cosignature/v1\ntime ${time}\n`), text);
    bare = signature.subarray(TIMESTAMP_BYTES);
  }
  if (bare.length !== SIGNATURE_BYTES)
    throw new NotSigned(`the signature of ${quoted(vkey.name)} has the wrong length`);
  if (!(await ed25519(vkey.publicKey, bare, signed)))
    throw new NotSigned(`the signature of ${quoted(vkey.name)} is wrong`);
  return { vkey, time: time || null };
}

/** Say whether a signature holds. Raises `Cannot` in a browser without Ed25519. */
export async function ed25519(key: Uint8Array, signature: Uint8Array, text: Uint8Array): Promise<boolean> {
  const bytes = (content: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(content);
  try {
    const imported = await crypto.subtle.importKey("raw", bytes(key), "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", imported, bytes(signature), bytes(text));
  } catch (error) {
    if (error instanceof DOMException && error.name === "DataError") return false;
    throw new Cannot(
      "this browser cannot verify Ed25519 signatures. Chrome 137, Firefox 129 and Safari 17, and newer ones, can",
    );
  }
}

/** Read the text of a checkpoint: origin, size and root; extension lines may follow. */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.slice(0, -1).split("\n");
  const [origin, size, head] = lines;
  if (!text.endsWith("\n")) throw new Malformed("a checkpoint ends with a line feed");
  if (origin === undefined || size === undefined || head === undefined || lines.includes(""))
    throw new Malformed("a checkpoint has an origin, a size and a root, and no empty line");
  return { origin, size: parseDecimal(size), head: parseHash(head), extended: lines.length > 3 };
}

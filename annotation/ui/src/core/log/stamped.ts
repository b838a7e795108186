/**
 * What a bundle brings of time-stamps. As `audit/stamped.py` and `timestamps/response.py` have it, but for the
 * authority's signature: of an answer only what it is over and which time it states is read here.
 */
import type { Members } from "./archive";
import { same, toHex } from "./bytes";
import { Equivocation, Malformed, Wrong } from "./errors";
import type { Checkpoint, Vkey } from "./notes";
import { openNote, parseCheckpoint, splitNote } from "./notes";
import type { Pin } from "./policy";
import { Policy, requirementIn } from "./policy";
import { readProof } from "./proofs";
import { sha256 } from "./sha256";
import { checkInclusion, leafHash } from "./tree";
import { checkLedHere, requireLeaf } from "./watched";

export const FOLDER = "timestamps/";
const PARTS = [".checkpoint", ".growth", ".tlog-proof", ".tsr"] as const;
const NAME = /^timestamps\/([0-9]{12})(\.checkpoint|\.growth|\.tlog-proof|\.tsr)$/;
const MOST_STAMPS = 64;
const MOST_TOKEN_BYTES = 64 * 1024;

type Part = (typeof PARTS)[number];
/** One time-stamp's members. */
export type Stamped = { number: string; proof: Uint8Array; growth: Uint8Array; token: Uint8Array };
/** Where one time-stamp leads; `note` was stamped, `digest` is of the whole answer, as hexadecimal SHA-256. */
export type Led = {
  metaSize: bigint;
  checkpoint: Checkpoint;
  leaf: Uint8Array;
  note: Uint8Array;
  token: Uint8Array;
  digest: string;
};
/** What one time-stamp says: that the log had so much by then. Who signed it, nothing here has checked. */
export type Stated = { checkpoint: Checkpoint; stated: string };

/** Return the time-stamps among a bundle's members. */
export function stampedIn(members: Members): Stamped[] {
  const found = new Map<string, Map<Part, Uint8Array>>();
  for (const [name, content] of members) {
    if (!name.startsWith(FOLDER)) continue;
    const [, number, part] = NAME.exec(name) ?? [];
    if (number === undefined) throw new Malformed(`${name} is no part of a time-stamp`);
    found.set(number, (found.get(number) ?? new Map<Part, Uint8Array>()).set(part as Part, content));
  }
  if (found.size > MOST_STAMPS) throw new Malformed(`a bundle brings at most ${MOST_STAMPS} time-stamps`);
  return [...found].map(([number, parts]) => {
    const [note, growth, proof, token] = PARTS.map((part) => {
      const content = parts.get(part);
      if (!content) throw new Malformed(`the bundle has no ${FOLDER}${number}${part}`);
      return content;
    }) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    const under = readProof(proof).checkpoint;
    const { size } = parseCheckpoint(splitNote(under).text);
    if (size !== BigInt(number) || !same(under, note))
      throw new Wrong(`${FOLDER}${number}.checkpoint is not what its proof is under`);
    return { number, proof, growth, token };
  });
}

/** Return where the time-stamps lead by the bundle's own policy and members. */
export async function ledIn(
  stamps: readonly Stamped[],
  policy: string,
  checkpoint: Uint8Array,
): Promise<Led[]> {
  const own = new Policy(policy);
  const meta = requirementIn(policy)?.logs[0] ?? null;
  return inOrder(stamps, (each) => lead(each, own, meta, checkpoint));
}

/** Return what time-stamps say, by the pin's policy if there is one; another root of its size is equivocation. */
export async function judgeStamps(
  stamps: readonly Stamped[],
  own: readonly Led[],
  pin: Pin | null,
  checkpoint: Uint8Array,
): Promise<Stated[]> {
  const led = pin ? await inOrder(stamps, (each) => under(pin, each, checkpoint)) : own;
  return inOrder(led, open);
}

async function under(pin: Pin, stamp: Stamped, checkpoint: Uint8Array): Promise<Led> {
  const pinned = pin.signed.checkpoint;
  const led = await lead(stamp, pin.policy, pin.meta?.logs[0] ?? null, checkpoint);
  if (led.checkpoint.size === pinned.size && !same(led.checkpoint.head, pinned.head))
    throw new Equivocation(`the log has signed two roots for its first ${pinned.size} events`, [
      pin.note,
      led.leaf,
    ]);
  return led;
}

async function inOrder<From, To>(all: readonly From[], each: (one: From) => Promise<To>): Promise<To[]> {
  const found: To[] = [];
  for (const one of all) found.push(await each(one));
  return found;
}

async function lead(
  { number, proof: written, growth, token }: Stamped,
  own: Policy,
  meta: Vkey | null,
  checkpoint: Uint8Array,
): Promise<Led> {
  const proof = readProof(written);
  const leaf = proof.extra;
  if (!leaf)
    throw new Malformed("the proof to a time-stamp is not the one encoding of a proof that brings its leaf");
  requireLeaf(leaf);
  const stamped = parseCheckpoint(splitNote(proof.checkpoint).text);
  if (meta) {
    await openNote(proof.checkpoint, [meta]);
    if (stamped.origin !== meta.name)
      throw new Wrong("what was stamped is a checkpoint of another log than the meta-log");
  }
  checkInclusion(proof.path, proof.index, stamped.size, leafHash(leaf), stamped.head);
  const known = (await own.openCheckpoint(leaf)).checkpoint;
  checkLedHere(`${FOLDER}${number}.growth`, growth, known, leaf, checkpoint);
  const note = proof.checkpoint;
  return { metaSize: stamped.size, checkpoint: known, leaf, note, token, digest: toHex(sha256(token)) };
}

async function open({ checkpoint, note, token }: Led): Promise<Stated> {
  if (token.length > MOST_TOKEN_BYTES)
    throw new Malformed(`a time-stamp has at most ${MOST_TOKEN_BYTES} bytes`);
  const { imprint, stated } = toldBy(token);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(note)));
  if (!same(imprint, digest)) throw new Wrong("the time-stamp is over something else");
  return { checkpoint, stated };
}

const [INTEGER, OCTETS, OID, TIME, SEQUENCE, SET, CONTEXT_0] = [2, 4, 6, 0x18, 0x30, 0x31, 0xa0] as const;
const SIGNED_DATA = "2a864886f70d010702";
const TST_INFO = "2a864886f70d0109100104";
const SHA256 = "608648016503040201";

/** Read imprint and time out of a DER TimeStampResp (RFC 3161, 2.4.2; RFC 5652). */
function toldBy(token: Uint8Array): { imprint: Uint8Array; stated: string } {
  const response = new Der(only(token, SEQUENCE));
  const status = new Der(response.take(SEQUENCE)).take(INTEGER);
  if (status.length !== 1 || status[0] !== 0)
    throw new Wrong("the authority refused, and there is no time-stamp");
  const content = new Der(response.take(SEQUENCE));
  if (toHex(content.take(OID)) !== SIGNED_DATA) throw new Malformed("the time-stamp is no signed data");
  const data = new Der(only(content.take(CONTEXT_0), SEQUENCE));
  data.take(INTEGER);
  data.take(SET);
  const capsule = new Der(data.take(SEQUENCE));
  if (toHex(capsule.take(OID)) !== TST_INFO) throw new Malformed("what was signed is no TSTInfo");
  const info = new Der(only(only(capsule.take(CONTEXT_0), OCTETS), SEQUENCE));
  info.take(INTEGER);
  info.take(OID);
  const imprint = new Der(info.take(SEQUENCE));
  if (toHex(new Der(imprint.take(SEQUENCE)).take(OID)) !== SHA256)
    throw new Wrong("the time-stamp is over another kind of hash than SHA-256");
  const digest = imprint.take(OCTETS);
  info.take(INTEGER);
  return { imprint: digest, stated: timeOf(info.take(TIME)) };
}

/** Write a GeneralizedTime as people read it. */
function timeOf(content: Uint8Array): string {
  const text = String.fromCharCode(...content);
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d{0,8}[1-9])?Z$/.exec(text);
  if (!parts) throw new Malformed("a time is not in its one encoding");
  const [, year, month, day, hour, minute, second, rest] = parts;
  const fraction = rest ? rest.slice(0, 7).padEnd(7, "0") : "";
  return `${year}-${month}-${day} ${hour}:${minute}:${second}${fraction}Z`;
}

/** Return the content of the one value that `data` is. */
function only(data: Uint8Array, tag: number): Uint8Array {
  const der = new Der(data);
  const content = der.take(tag);
  if (!der.ended) throw new Malformed("not one DER value");
  return content;
}

/** The values of a sequence of DER (ITU-T X.690), taken one after the other. */
class Der {
  private at = 0;

  constructor(private readonly data: Uint8Array) {}

  get ended(): boolean {
    return this.at === this.data.length;
  }

  /** Return the content of the next value, which has this tag. */
  take(tag: number): Uint8Array {
    const { data } = this;
    let start = this.at + 2;
    let length = data[this.at + 1];
    if (data[this.at] !== tag || length === undefined)
      throw new Malformed("a value is missing, or of another kind than it should be");
    if (length & 0x80) {
      const count = length & 0x7f;
      length = data.subarray(start, start + count).reduce((value, byte) => value * 256 + byte, 0);
      const least = count === 1 ? 0x80 : 256 ** (count - 1);
      if (count < 1 || count > 3 || length < least)
        throw new Malformed("a length of DER is not in its one encoding");
      start += count;
    }
    if (start + length > data.length) throw new Malformed("a value of DER is cut off");
    this.at = start + length;
    return data.subarray(start, this.at);
  }
}

/**
 * What a bundle brings of time-stamps, and what they are worth to a reader. As `audit/stamped.py` and
 * `audit/verify/stamped.py` have it.
 */
import type { Answer } from "./answers";
import { openAnswer } from "./answers";
import type { Members } from "./archive";
import { same, toHex } from "./bytes";
import type { Certificate } from "./certificates";
import { Equivocation, Malformed, Wrong } from "./errors";
import type { Checkpoint, Vkey } from "./notes";
import { openNote, parseCheckpoint, splitNote } from "./notes";
import type { Pin } from "./policy";
import { Policy, requirementIn } from "./policy";
import { readProof } from "./proofs";
import { sha256 } from "./sha256";
import { checkInclusion, leafHash } from "./tree";
import { leadsTo } from "./trust";
import { checkLedHere, requireLeaf } from "./watched";

export const FOLDER = "timestamps/";
const PARTS = [".checkpoint", ".growth", ".tlog-proof", ".tsr"] as const;
const NAME = /^timestamps\/([0-9]{12})(\.checkpoint|\.growth|\.tlog-proof|\.tsr)$/;
const MOST_STAMPS = 64;

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
/**
 * One time-stamp that holds; `proven` says whether it is by an authority that the reader trusts, `asked` whether any
 * certificate to trust was given.
 */
export type Judged = { checkpoint: Checkpoint; answer: Answer; proven: boolean; asked: boolean };
/** The time-stamps, the oldest first, and why they are not enough for a reader who named an authority. */
export type Stamps = { judged: Judged[]; why: string | null };

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

/**
 * Return what time-stamps say, by the pin's policy if there is one, and by the certificates that the reader trusts.
 * Raises `Wrong` for one that claims to be by a trusted authority and is not, `Equivocation` for one over another root
 * of the pin's size.
 */
export async function judgeStamps(
  stamps: readonly Stamped[],
  own: readonly Led[],
  pin: Pin | null,
  checkpoint: Uint8Array,
  trusted: readonly Certificate[],
): Promise<Stamps> {
  const led = pin ? await inOrder(stamps, (each) => under(pin, each, checkpoint)) : own;
  const judged = await inOrder(led, (each) => judgeOne(each, trusted));
  if (trusted.length === 0 || judged.some(({ proven }) => proven)) return { judged, why: null };
  const none = judged.length > 0 ? "none leads to a certificate that you gave" : "the bundle brings none";
  return { judged, why: `you named a time-stamping authority, and of time-stamps ${none}` };
}

async function judgeOne({ checkpoint, note, token }: Led, trusted: readonly Certificate[]): Promise<Judged> {
  const answer = await openAnswer(token, note);
  const asked = trusted.length > 0;
  return { checkpoint, answer, proven: asked && (await leadsTo(answer, trusted)), asked };
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

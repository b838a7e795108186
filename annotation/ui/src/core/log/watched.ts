/** What a bundle brings of its witnesses. As `audit/watched.py`, `meta.py` and `verify/watched.py` have it. */
import type { Members } from "./archive";
import { quoted, same } from "./bytes";
import { Equivocation, Malformed, NotSigned, Wrong } from "./errors";
import type { Checkpoint, Note, Signature } from "./notes";
import { parseCheckpoint, requireAllKnown, splitNote } from "./notes";
import type { Pin } from "./policy";
import { Policy, requirementIn } from "./policy";
import { readConsistency, readProof } from "./proofs";
import { checkConsistency, checkInclusion, leafHash } from "./tree";

export const PROOF = "witnessed.tlog-proof";
export const GROWTH = "witnessed.growth";
const MOST_LEAF_BYTES = 4096;

/** The two members: a checkpoint of this log in the cosigned meta-log, and the path from it to the bundle's. */
export type Watched = { proof: Uint8Array; growth: Uint8Array };
/** What witnesses know of a log: this checkpoint, since they cosigned a tree that holds it. */
export type Known = { checkpoint: Checkpoint; cosigners: Signature[]; note: Note };

export function watchedIn(members: Members): Watched | null {
  const [proof, growth] = [members.get(PROOF), members.get(GROWTH)];
  if (!proof && !growth) return null;
  if (!proof || !growth)
    throw new Malformed(`the bundle has ${proof ? PROOF : GROWTH} alone, of two that belong together`);
  return { proof, growth };
}

/** Return what the bundle's own policy and members show of its witnesses; null where it brings nothing. */
export async function knownToWitnesses(
  watched: Watched | null,
  policy: string,
  checkpoint: Uint8Array,
): Promise<Known | null> {
  if (!watched) return null;
  const requirement = requirementIn(policy);
  if (!requirement) throw new Malformed("a bundle brings what witnesses know, and its policy names none");
  const known = await check(watched, new Policy(policy), requirement, checkpoint);
  requireAllKnown(known.note);
  return known;
}

/** Return what the pin's witnesses know, and why that is not enough; both null for a pin that wants none. */
export async function judgeWatched(
  watched: Watched | null,
  pin: Pin,
  checkpoint: Uint8Array,
): Promise<{ known: Known | null; why: string | null }> {
  if (!pin.meta) return { known: null, why: null };
  const { count, of } = pin.meta.wanted;
  const wants = `your pin wants ${count} of ${of} witnesses`;
  if (!watched)
    return { known: null, why: `${wants}, and the bundle brings nothing from any: ask again in a minute` };
  try {
    return { known: await check(watched, pin.policy, pin.meta, checkpoint), why: null };
  } catch (reason) {
    // Too few is no proof of anything wrong: a witness can be away.
    if (reason instanceof NotSigned) return { known: null, why: `${wants}: ${reason.message}` };
    throw reason;
  }
}

/** Return what keeps the pin's witnesses from judging: a bundle's policy names another meta-log than they watch. */
export function anotherMetaLog(pin: Pin, policy: string): string | null {
  const theirs = requirementIn(policy);
  const [old, next] = [pin.meta?.logs[0]?.name, theirs?.logs[0]?.name];
  if (old === undefined || next === undefined || old === next) return null;
  return (
    `the witnesses in your pin watch the meta-log ${quoted(old)}, and the bundle names ${quoted(next)}; where that` +
    " one is said to succeed yours, ask for the succession, and give it to this page in place of the bundle"
  );
}

async function check(
  watched: Watched,
  own: Policy,
  requirement: Policy,
  checkpoint: Uint8Array,
): Promise<Known> {
  const proof = readProof(watched.proof);
  const leaf = proof.extra;
  if (!leaf) throw new Malformed("not the one encoding of a proof that brings its leaf");
  requireLeaf(leaf);
  const meta = await requirement.openCheckpoint(proof.checkpoint);
  const tree = meta.checkpoint;
  checkInclusion(proof.path, proof.index, tree.size, leafHash(leaf), tree.head);
  const known = (await own.openCheckpoint(leaf)).checkpoint;
  checkLedHere(GROWTH, watched.growth, known, leaf, checkpoint);
  return { checkpoint: known, cosigners: meta.cosigners, note: meta.note };
}

/** Return if the log of the note `checkpoint` only grew since `known`, which `leaf` states. */
export function checkLedHere(
  name: string,
  written: Uint8Array,
  known: Checkpoint,
  leaf: Uint8Array,
  checkpoint: Uint8Array,
): void {
  const current = parseCheckpoint(splitNote(checkpoint).text);
  const growth = readConsistency(written);
  if (known.origin !== current.origin || !same(growth.checkpoint, checkpoint))
    throw new Wrong(`${name} is about another log or checkpoint`);
  if (known.size === current.size && !same(known.head, current.head))
    throw new Equivocation(`the log has signed two roots for its first ${current.size} events`, [
      leaf,
      checkpoint,
    ]);
  if (growth.oldSize !== known.size)
    throw new Wrong(`${name} does not begin at the checkpoint from which it should lead`);
  checkConsistency(growth.path, known, current);
}

/** A leaf of the meta-log is a checkpoint with one line, by its log. */
export function requireLeaf(leaf: Uint8Array): void {
  if (leaf.length > MOST_LEAF_BYTES)
    throw new Malformed(`a leaf of the meta-log has at most ${MOST_LEAF_BYTES} bytes`);
  const { text, lines } = splitNote(leaf);
  const checkpoint = parseCheckpoint(text);
  const alone = lines.length === 1 && lines[0]?.name === checkpoint.origin;
  if (checkpoint.extended || checkpoint.size === 0n || !alone)
    throw new Malformed("a leaf of the meta-log is a checkpoint with one line, by its log");
}

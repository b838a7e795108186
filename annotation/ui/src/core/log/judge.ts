/** Judges a bundle against a customer's pin. As `audit/verify/judge.py` does. */
import type { Members } from "./archive";
import { quoted, same } from "./bytes";
import type { Certificate } from "./certificates";
import type { Checked, Event, Pause, Sealed, Tally } from "./contents";
import { checkContents, unseal } from "./contents";
import { Equivocation, NotSigned, Verdict, Wrong } from "./errors";
import { KIND_LIMITS, LIMITS, PAGE, VERIFIER } from "./manifest";
import type { Checkpoint, Signature } from "./notes";
import { openNote } from "./notes";
import type { Pin } from "./policy";
import type { Judged } from "./stamped";
import { judgeStamps } from "./stamped";
import { checkConsistency } from "./tree";
import type { Known } from "./watched";
import { anotherMetaLog, judgeWatched } from "./watched";

/** What a bundle proves to the owner of a pin. `whyNotAnchored` is null for a good one. */
export type Report = {
  bundle: Sealed;
  tally: Tally;
  events: Event[];
  cosigners: Signature[];
  pinned: Checkpoint | null;
  whyNotAnchored: string | null;
  remarks: string[];
  limits: string[];
  /** What witnesses know: by the pin's policy where there is one, else by the bundle's own. */
  known: Known | null;
  /** Time-stamps that hold, the oldest first. */
  stamps: Judged[];
  verdict: typeof Verdict.GOOD | typeof Verdict.NOT_ANCHORED;
};

/**
 * Verify the members of a bundle, with the owner's pin if there is one, and the time-stamping authorities that are
 * trusted; with any, one time-stamp must lead to one of them. Raises `Refused` with the verdict.
 */
export async function judge(
  members: Members,
  pin: Pin | null,
  trusted: readonly Certificate[],
  pause: Pause,
): Promise<Report> {
  const bundle = await unseal(members);
  const checkpoint = bundle.members.get("checkpoint")!;
  if (!pin) {
    const checked = await checkContents(bundle, null, pause);
    const reason = "no pin was given, so whoever made this bundle could have made its keys too";
    const remarks = remarksOf(null, bundle, checked.known);
    const { judged } = await judgeStamps(bundle.stamped, checked.stamps, null, checkpoint, trusted);
    return report(bundle, checked, bundle.signed.cosigners, null, reason, remarks, checked.known, judged);
  }
  const pinned = pin.signed.checkpoint;
  // The pin's keys judge; the bundle's own policy has only shown that it agrees with itself.
  const { origin } = bundle.signed.checkpoint;
  if (pin.policy.logs.every((log) => log.name !== origin))
    throw new NotSigned(
      `the bundle is of the log ${quoted(origin)}, and your pin names another; where that log is said to succeed` +
        " yours, ask for the succession, and give it to this page in place of the bundle",
    );
  const signed = await pin.policy.openCheckpoint(checkpoint);
  if (signed.checkpoint.origin !== pinned.origin)
    throw new Wrong(`the bundle is of the log ${signed.checkpoint.origin}, not of the pinned one`);
  await refuseAnotherRoot(pin, bundle);
  const checked = await checkContents(bundle, pinned.size, pause);
  const whyNot = anchor(pin, bundle, checked);
  const moved = anotherMetaLog(pin, bundle.policyText);
  const { known, why: unwatched } =
    moved === null ? await judgeWatched(bundle.watched, pin, checkpoint) : { known: null, why: moved };
  const { judged, why: unstamped } = await judgeStamps(
    bundle.stamped,
    checked.stamps,
    // What was stamped needs no key of the meta-log: the token is over it.
    moved === null ? pin : { ...pin, meta: null },
    checkpoint,
    trusted,
  );
  const remarks = remarksOf(pin, bundle, known);
  const why = whyNot ?? unwatched ?? unstamped;
  return report(bundle, checked, signed.cosigners, pinned, why, remarks, known, judged);
}

function report(
  bundle: Sealed,
  { tally, events }: Checked,
  cosigners: Signature[],
  pinned: Checkpoint | null,
  whyNotAnchored: string | null,
  remarks: string[],
  known: Known | null,
  stamps: Judged[],
): Report {
  const limits = [...LIMITS, KIND_LIMITS[bundle.kind]];
  const verdict = whyNotAnchored === null ? Verdict.GOOD : Verdict.NOT_ANCHORED;
  // prettier-ignore
  return { bundle, tally, events, cosigners, pinned, whyNotAnchored, remarks, limits, known, stamps, verdict };
}

/** A note in the bundle that has the pin's size and another root is equivocation. */
async function refuseAnotherRoot(pin: Pin, bundle: Sealed): Promise<void> {
  const pinned = pin.signed.checkpoint;
  compare(pin, bundle.signed.checkpoint, bundle.members.get("checkpoint")!);
  if (bundle.since) {
    const note = bundle.members.get("since")!;
    await openNote(
      note,
      pin.policy.logs.filter((log) => log.name === pinned.origin),
    );
    compare(pin, bundle.since, note);
  }
}

function compare(pin: Pin, other: Checkpoint, note: Uint8Array): void {
  const pinned = pin.signed.checkpoint;
  if (other.size === pinned.size && !same(other.head, pinned.head))
    throw new Equivocation(`the log has signed two roots for its first ${pinned.size} events`, [
      pin.note,
      note,
    ]);
}

/** Return null if the bundle's log extends the pinned one, or the reason why nobody can tell. */
function anchor(pin: Pin, bundle: Sealed, checked: Checked): string | null {
  const pinned = pin.signed.checkpoint;
  const current = bundle.signed.checkpoint;
  if (pinned.size > current.size)
    return (
      `the pin covers ${pinned.size} events and this bundle only ${current.size}: it was made before ` +
      "the pin, or the log was set back; ask for a new bundle, and worry if that is smaller too"
    );
  if (pinned.size === current.size || bundle.since?.size === pinned.size) return null;
  if (pinned.size === 0n) {
    checkConsistency([], pinned, current);
    return null;
  }
  if (bundle.kind === "selection")
    return `the bundle has no proof that starts at your pin; ask for one made for size ${pinned.size}`;
  if (!checked.oldHead || !same(checked.oldHead, pinned.head))
    throw new Equivocation(`the log has signed two histories of its first ${pinned.size} events`, [
      pin.note,
      bundle.members.get("checkpoint")!,
    ]);
  return null;
}

function remarksOf(pin: Pin | null, bundle: Sealed, known: Known | null): string[] {
  const remarks: string[] = [];
  if (pin) {
    const named = new Set(pin.policy.vkeys.map((each) => each.text));
    const unpinned = bundle.signed.note.verified.filter((each) => !named.has(each.vkey.text));
    if (unpinned.length > 0) {
      const names = unpinned.map((each) => each.vkey.name).join(", ");
      remarks.push(`Signatures by keys that are not in your pin count for nothing: ${names}.`);
    }
  }
  const brought = [PAGE, VERIFIER].filter((name) => bundle.members.has(name));
  if (pin && brought.length > 0)
    remarks.push(
      `Nothing proves the ${brought.join(" and ")} that the bundle brings: judge by one that you have read.`,
    );
  for (const each of [...bundle.signed.note.unchecked, ...(known?.note.unchecked ?? [])])
    remarks.push(
      `The ML-DSA-44 cosignature of ${each.name} was not checked: no browser can. The verifier in Python does.`,
    );
  return remarks;
}

/**
 * What a log says of the one that it succeeds, and where that leads a pin. As `audit/succession.py` and
 * `audit/verify/succession.py` have it.
 */
import { parseBase64, parseDecimal, parseHash, parseUtf8, quoted, same, toBase64, utf8 } from "./bytes";
import { Cannot, Malformed, NotSigned, Verdict, Wrong } from "./errors";
import type { Checkpoint, Vkey } from "./notes";
import { SPACES, openNote, parseCheckpoint, parseVkey, splitNote } from "./notes";
import { parsePin, pinOf } from "./policy";
import { readConsistency } from "./proofs";
import { checkConsistency } from "./tree";
import { visible } from "./words";

const TITLE = "ringfence.audit/succession/v1";
const HEADER = "ringfence.audit/succession-file/v1";
const KEYLESS = "keyless";
/** How a log stood that was succeeded, and what that means. */
const STANDINGS = new Map([
  ["behind", "events that were promised are gone"],
  ["forked", "other events stand where the promised ones stood"],
  [KEYLESS, "its signing key is lost"],
]);
const MOST_STATEMENTS = 100;
const MOST_FILE_BYTES = 2_000_000;

type Head = { size: bigint; root: Uint8Array };
/** That the log of `vkey` goes on from `kept`, in place of the log `origin`, which was held to `promised`. */
export type Step = { origin: string; vkey: Vkey; standing: string; promised: Head; kept: Head };
type Growth = ReturnType<typeof readConsistency>;
/** What a succession shows. `nextPin` is for the log that goes on; null where the reader's does not lead there. */
export type SuccessionReport = {
  steps: Step[];
  checkpoint: Checkpoint;
  pinned: Checkpoint | null;
  whyNotAnchored: string | null;
  nextPin: Uint8Array | null;
  verdict: typeof Verdict.GOOD | typeof Verdict.NOT_ANCHORED;
};

/** Say whether a file begins as a succession does. */
export function looksLikeSuccession(data: Uint8Array): boolean {
  const header = utf8(HEADER);
  return same(data.subarray(0, header.length), header);
}

/** Verify a file of `GET …/audit/succession` against the bytes of a pin file. Raises `Refused` with the verdict. */
export async function judgeSuccession(data: Uint8Array, kept: Uint8Array | null): Promise<SuccessionReport> {
  const pin = kept && (await parsePin(kept));
  const { notes, growth } = readFile(data);
  if (!pin) {
    const steps = await followed(notes, null);
    const why = "no pin was given, so whoever made this file could have made its keys too";
    return report(steps, await newest(growth, steps), null, why, null);
  }
  const pinned = pin.signed.checkpoint;
  const old = pin.policy.logs.find((log) => log.name === pinned.origin)!;
  const steps = await followed(notes, old);
  const stated = await newest(growth, steps);
  const why = givenUp(steps, pinned) ?? grown(growth, steps, pinned, stated);
  if (why !== null) return report(steps, stated, pinned, why, null);
  const moved = await succeededPin(kept!, old, steps.at(-1)!.vkey, growth.checkpoint);
  return report(steps, stated, pinned, null, moved);
}

function report(
  steps: Step[],
  checkpoint: Checkpoint,
  pinned: Checkpoint | null,
  whyNotAnchored: string | null,
  nextPin: Uint8Array | null,
): SuccessionReport {
  const verdict = whyNotAnchored === null ? Verdict.GOOD : Verdict.NOT_ANCHORED;
  return { steps, checkpoint, pinned, whyNotAnchored, nextPin, verdict };
}

function readFile(data: Uint8Array): { notes: Uint8Array[]; growth: Growth } {
  if (data.length > MOST_FILE_BYTES)
    throw new Malformed(`a succession may have at most ${MOST_FILE_BYTES} bytes`);
  const lines = parseUtf8(data).split("\n");
  if (lines.length < 4 || lines[0] !== HEADER || lines.at(-1) !== "") throw new Malformed("not a succession");
  const notes = lines.slice(1, -2).map((line) => valueOf(line, "note"));
  const growth = valueOf(lines.at(-2)!, "growth");
  if (notes.length > MOST_STATEMENTS)
    throw new Malformed(`a succession has at most ${MOST_STATEMENTS} notes`);
  return { notes, growth: readConsistency(growth) };
}

function valueOf(line: string, word: string): Uint8Array {
  if (!line.startsWith(`${word} `)) throw new Malformed(`a line of a succession begins with '${word}'`);
  return parseBase64(line.slice(word.length + 1));
}

function readStep(text: string): Step {
  const lines = text.split("\n");
  const [title, origin, vkey, standing, promised, kept, end] = lines;
  if (lines.length !== 7 || title !== TITLE || end !== "") throw new Malformed("not a succession");
  if (!origin || !STANDINGS.has(standing!))
    throw new Malformed("a succession names the old log, and how it stood");
  const said = {
    origin,
    vkey: parseVkey(vkey!),
    standing: standing!,
    promised: readHead(promised!, "promised"),
    kept: readHead(kept!, "kept"),
  };
  if (said.vkey.name === origin)
    throw new Malformed("a log does not succeed itself, and says so in one way only");
  return said;
}

function readHead(line: string, word: string): Head {
  const [first, size, root, ...more] = line.split(" ");
  if (first !== word || size === undefined || root === undefined || more.length > 0)
    throw new Malformed(`a succession says '${word}', a size and a root`);
  return { size: parseDecimal(size), root: parseHash(root) };
}

/** Return what a note says that the new log's key has signed, and the old log's, unless the note says it is lost. */
async function openStep(note: Uint8Array, old: Vkey | null): Promise<Step> {
  const said = readStep(splitNote(note).text);
  if (old && said.origin !== old.name)
    throw new NotSigned(`the note is of a succession of ${quoted(said.origin)}, not of ${quoted(old.name)}`);
  await requireSigned(note, said.vkey);
  if (old && said.standing !== KEYLESS) await requireSigned(note, old);
  return said;
}

async function requireSigned(note: Uint8Array, vkey: Vkey): Promise<string> {
  const { text, unchecked } = await openNote(note, [vkey]);
  if (unchecked.length > 0)
    throw new Cannot("a signature with ML-DSA-44, which no browser verifies; take the verifier in Python");
  return text;
}

/** Return the steps from `old` on; those before it, in a line that a pin joined later, are passed over. */
async function followed(notes: readonly Uint8Array[], old: Vkey | null): Promise<Step[]> {
  const steps: Step[] = [];
  let before = old;
  for (const note of notes) {
    if (before && steps.length === 0 && (await openStep(note, null)).origin !== before.name) continue;
    const said = await openStep(note, before);
    steps.push(said);
    before = said.vkey;
  }
  if (steps.length === 0) throw new NotSigned("none of these successions is of the log that your pin names");
  return steps;
}

async function newest(growth: Growth, steps: readonly Step[]): Promise<Checkpoint> {
  const { vkey, kept } = steps.at(-1)!;
  const stated = parseCheckpoint(await requireSigned(growth.checkpoint, vkey));
  if (stated.origin !== vkey.name || stated.size <= kept.size)
    throw new Wrong("the newest checkpoint is not one of the log that goes on");
  return stated;
}

function givenUp(steps: readonly Step[], pinned: Checkpoint): string | null {
  for (const { standing, origin, kept } of steps) {
    if (standing === KEYLESS)
      return `the key of ${visible(origin)} is lost, so it cannot say who succeeds it: ask for a new pin`;
    if (kept.size < pinned.size)
      return (
        `${pinned.size - kept.size} of the ${pinned.size} events in your pin were given up: the log goes on` +
        ` from the first ${kept.size}`
      );
  }
  return null;
}

function grown(
  growth: Growth,
  steps: readonly Step[],
  pinned: Checkpoint,
  stated: Checkpoint,
): string | null {
  if (growth.oldSize !== pinned.size)
    return (
      `the growth starts at ${growth.oldSize} events and your pin covers ${pinned.size}:` +
      ` ask for old=${pinned.size}`
    );
  try {
    checkConsistency(growth.path, pinned, stated);
  } catch (reason) {
    // A log that forked has other events where the promised ones stood, and says so under its own key.
    if (!(reason instanceof Wrong) || steps.every(({ standing }) => standing !== "forked")) throw reason;
    return `other events than yours stand among the first ${pinned.size}: they were given up when the log forked`;
  }
  return null;
}

/** Return a pin file that names the log `next` where it named `old`; what it wants of witnesses stays. */
async function succeededPin(
  kept: Uint8Array,
  old: Vkey,
  next: Vkey,
  checkpoint: Uint8Array,
): Promise<Uint8Array> {
  const moved = pinOf(kept, checkpoint, (line) => {
    const [verb, vkey, ...more] = line.split(SPACES).filter((word) => word !== "");
    return verb === "log" && vkey === old.text ? ["log", next.text, ...more].join(" ") : line;
  });
  await parsePin(moved);
  return moved;
}

/** What a succession shows, a line for each finding, and what it does not show. */
export function successionShown({ steps, checkpoint }: SuccessionReport): string[] {
  return [
    ...steps.flatMap(({ origin, vkey, standing, promised, kept }) => [
      `${visible(origin)} was held to ${promised.size} events, root ${toBase64(promised.root)}.`,
      `It could not go on: ${STANDINGS.get(standing)}.`,
      `${visible(vkey.name)} succeeds it from ${kept.size} events on, root ${toBase64(kept.root)}.`,
    ]),
    `It has ${checkpoint.size} events now.`,
  ];
}

export const SUCCESSION_LIMIT =
  "What the events said that were given up, and whether the loss was an accident.";
const [LED, NOT_LED] = [
  "GOOD: the log that your pin names says which one succeeds it, and that one holds all that you have pinned.",
  "NOT ANCHORED: your pin does not lead to the log that succeeds the pinned one.",
] as const;

/** The headline over a succession, given the one over a bundle. */
export function successionHeadline(verdict: number, ofBundle: string): string {
  if (verdict === Verdict.GOOD) return LED;
  if (verdict === Verdict.NOT_ANCHORED) return NOT_LED;
  return ofBundle.replace("a bundle", "a succession").replaceAll("bundle", "succession");
}

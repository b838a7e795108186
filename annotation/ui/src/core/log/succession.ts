/**
 * What a log says of the one that it succeeds, and where that leads a pin. As `audit/succession.py` and
 * `audit/verify/succession.py` have it.
 */
import { parseBase64, parseDecimal, parseHash, parseUtf8, quoted, same, toBase64, utf8 } from "./bytes";
import { Cannot, Malformed, NotSigned, Verdict, Wrong } from "./errors";
import type { Checkpoint, Vkey } from "./notes";
import { SPACES, openNote, parseCheckpoint, parseVkey, splitNote } from "./notes";
import { META_MARK, parsePin, pinOf } from "./policy";
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
  /** Of the meta-log, which the witnesses in the pin watch. */
  metaSteps: Step[];
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
  const { notes, metas, growth } = readFile(data);
  if (!pin) {
    const [steps, metaSteps] = [await followed(notes, null), await followed(metas, null)];
    const why = "no pin was given, so whoever made this file could have made its keys too";
    const checkpoint = await newest(growth, steps, steps.at(-1)?.vkey ?? null);
    return { ...NOT_LED, steps, metaSteps, checkpoint, pinned: null, whyNotAnchored: why };
  }
  const pinned = pin.signed.checkpoint;
  const old = pin.policy.logs.find((log) => log.name === pinned.origin)!;
  const watched = pin.meta?.logs[0] ?? null;
  const steps = await followed(notes, old);
  const metaSteps = watched ? await followed(metas, watched) : [];
  if (steps.length === 0 && metaSteps.length === 0)
    throw new NotSigned("none of these successions is of the log that your pin names");
  const next = steps.at(-1)?.vkey ?? old;
  const checkpoint = await newest(growth, steps, next);
  const found = { steps, metaSteps, checkpoint, pinned };
  const why = givenUp(steps, pinned) ?? grown(growth, steps, pinned, checkpoint) ?? keyless(metaSteps);
  if (why !== null) return { ...NOT_LED, ...found, whyNotAnchored: why };
  const keys = new Map([[old.text, next.text]]);
  const nextMeta = metaSteps.at(-1)?.vkey;
  if (watched && nextMeta) keys.set(watched.text, nextMeta.text);
  const nextPin = succeededPin(kept!, keys, growth.checkpoint);
  await parsePin(nextPin);
  return { ...found, whyNotAnchored: null, nextPin, verdict: Verdict.GOOD };
}

const NOT_LED = { nextPin: null, verdict: Verdict.NOT_ANCHORED } as const;

function readFile(data: Uint8Array): { notes: Uint8Array[]; metas: Uint8Array[]; growth: Growth } {
  if (data.length > MOST_FILE_BYTES)
    throw new Malformed(`a succession may have at most ${MOST_FILE_BYTES} bytes`);
  const lines = parseUtf8(data).split("\n");
  if (lines.length < 4 || lines[0] !== HEADER || lines.at(-1) !== "") throw new Malformed("not a succession");
  const values = lines.slice(1, -1);
  if (values.length > MOST_STATEMENTS + 1)
    throw new Malformed(`a succession has at most ${MOST_STATEMENTS} notes`);
  const first = values.filter((line) => line.startsWith("note ")).length;
  const notes = values.slice(0, first).map((line) => valueOf(line, "note"));
  const metas = values.slice(first, -1).map((line) => valueOf(line, "meta"));
  return { notes, metas, growth: readConsistency(valueOf(values.at(-1)!, "growth")) };
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
  return steps;
}

/** Return the checkpoint that the growth leads to, by the key `next`; null where nothing says whose it is. */
async function newest(growth: Growth, steps: readonly Step[], next: Vkey | null): Promise<Checkpoint> {
  const note = growth.checkpoint;
  const stated = parseCheckpoint(next ? await requireSigned(note, next) : splitNote(note).text);
  if ((next && stated.origin !== next.name) || stated.size <= (steps.at(-1)?.kept.size ?? -1n))
    throw new Wrong("the newest checkpoint is not one of the log that goes on");
  return stated;
}

function keyless(steps: readonly Step[]): string | null {
  const lost = steps.find(({ standing }) => standing === KEYLESS);
  if (!lost) return null;
  return `the key of ${visible(lost.origin)} is lost, so it cannot say who succeeds it: ask for a new pin`;
}

function givenUp(steps: readonly Step[], pinned: Checkpoint): string | null {
  for (const step of steps) {
    const lost = keyless([step]);
    if (lost !== null) return lost;
    if (step.kept.size < pinned.size)
      return (
        `${pinned.size - step.kept.size} of the ${pinned.size} events in your pin were given up: the log goes on` +
        ` from the first ${step.kept.size}`
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

/** Return a pin file that names keys anew, the meta-log's too; what it wants of witnesses stays. */
function succeededPin(
  kept: Uint8Array,
  keys: ReadonlyMap<string, string>,
  checkpoint: Uint8Array,
): Uint8Array {
  return pinOf(kept, checkpoint, (line) => {
    const mark = line.startsWith(META_MARK) ? META_MARK : "";
    const [verb, vkey, ...more] = line.slice(mark.length).split(SPACES).filter((word) => word !== ""); // prettier-ignore
    const next = verb === "log" && vkey !== undefined ? keys.get(vkey) : undefined;
    return next === undefined ? line : mark + ["log", next, ...more].join(" ");
  });
}

/** What a succession shows, a line for each finding, and what it does not show. */
export function successionShown({ steps, metaSteps, checkpoint }: SuccessionReport): string[] {
  return [
    ...steps.flatMap((step) => stepInWords(step, "events")),
    `Your log has ${checkpoint.size} events now.`,
    ...(metaSteps.length > 0 ? ["Of the meta-log, which the witnesses in your pin watch:"] : []),
    ...metaSteps.flatMap((step) => stepInWords(step, "leaves")),
  ];
}

function stepInWords({ origin, vkey, standing, promised, kept }: Step, what: string): string[] {
  return [
    `${visible(origin)} was held to ${promised.size} ${what}, root ${toBase64(promised.root)}.`,
    `It could not go on: ${STANDINGS.get(standing)}.`,
    `${visible(vkey.name)} succeeds it from ${kept.size} ${what} on, root ${toBase64(kept.root)}.`,
  ];
}

export const SUCCESSION_LIMIT =
  "What the events said that were given up, and whether the loss was an accident.";
const [HELD, LEFT] = [
  "GOOD: the logs that your pin names say which ones succeed them, and all that you have pinned is held.",
  "NOT ANCHORED: your pin does not lead to the log that succeeds the pinned one.",
] as const;

/** The headline over a succession, given the one over a bundle. */
export function successionHeadline(verdict: number, ofBundle: string): string {
  if (verdict === Verdict.GOOD) return HELD;
  if (verdict === Verdict.NOT_ANCHORED) return LEFT;
  return ofBundle.replace("a bundle", "a succession").replaceAll("bundle", "succession");
}

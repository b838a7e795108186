/** Checks every member of a bundle against its checkpoint. As `audit/verify/contents.py` and `audit/bundle.py` do. */
import type { Members } from "./archive";
import { joined, parseHash, parseUtf8, quoted, same, utf8 } from "./bytes";
import { Malformed, Wrong } from "./errors";
import type { JsonObject } from "./json";
import { parseCanonicalJson } from "./json";
import type { Half, ParsedLeaf } from "./leaf";
import { HALVES, checkOpening, parseLeaf } from "./leaf";
import type { Brought, Kind } from "./manifest";
import { PAGE, VERIFIER, manifest, readme } from "./manifest";
import type { Checkpoint } from "./notes";
import { openNote, parseCheckpoint, requireAllKnown } from "./notes";
import type { SignedCheckpoint } from "./policy";
import { Policy } from "./policy";
import { readConsistency, readProof } from "./proofs";
import type { Stamped, Led } from "./stamped";
import { FOLDER, stampedIn, ledIn } from "./stamped";
import type { Hash } from "./tree";
import { Edge, Frontier, TILE_WIDTH, checkConsistency, checkInclusion, leafHash, tilePath } from "./tree";
import type { Known, Watched } from "./watched";
import { GROWTH, PROOF, knownToWitnesses, watchedIn } from "./watched";

const FIXED = ["README.txt", "checkpoint", "manifest.json", "policy"];
const MAX_SELECTED = 30_000;

/** A disclosed event: its place and time, what was opened of it, and the line that disclosed it. */
export type Event = {
  index: number;
  atMs: bigint;
  core: JsonObject | null;
  pii: JsonObject | null;
};

/** A bundle whose notes are open, and whose contents are not yet checked. */
export type Sealed = {
  members: Members;
  kind: Kind;
  policyText: string;
  signed: SignedCheckpoint;
  since: Checkpoint | null;
  watched: Watched | null;
  stamped: Stamped[];
};

/** Counts what a bundle holds. */
export type Tally = {
  count: number;
  first: number | null;
  last: number | null;
  firstMs: bigint | null;
  lastMs: bigint | null;
  disclosed: Record<Half, number>;
};

/** What the contents were found to hold; `oldHead` is the root of a whole log at the size asked for. */
export type Checked = {
  tally: Tally;
  events: Event[];
  oldHead: Hash | null;
  known: Known | null;
  stamps: Led[];
};

/** Says how far a check is, and lets the page draw; raises what ends the check. */
export type Pause = (done: number, of: number) => Promise<void>;

/** Open the notes of a bundle by the bundle's own policy, which the reader need not trust. */
export async function unseal(members: Members): Promise<Sealed> {
  const missing = FIXED.find((name) => !members.has(name));
  if (missing) throw new Malformed(`the bundle has no ${missing}`);
  const policyText = parseUtf8(members.get("policy")!);
  const policy = new Policy(policyText);
  const signed = await policy.openCheckpoint(members.get("checkpoint")!);
  requireAllKnown(signed.note);
  const whole = [...members.keys()].some((name) => name.startsWith("tile/"));
  let since: Checkpoint | null = null;
  const older = members.get("since");
  if (older) {
    const note = await openNote(older, policy.vkeys);
    requireAllKnown(note);
    since = parseCheckpoint(note.text);
    const logs = new Set(policy.logs.map((log) => log.text));
    if (since.origin !== signed.checkpoint.origin || !note.verified.some((each) => logs.has(each.vkey.text)))
      throw new Wrong("the older checkpoint is of another log");
  }
  const kind: Kind = whole || signed.checkpoint.size === 0n ? "whole-log" : "selection";
  const watched = watchedIn(members);
  return { members, kind, policyText, signed, since, watched, stamped: stampedIn(members) };
}

/** Check all members; of a whole log, also return the root it had at `oldSize`. */
export async function checkContents(bundle: Sealed, oldSize: bigint | null, pause: Pause): Promise<Checked> {
  const check = new Check(bundle, pause);
  const oldHead = bundle.kind === "whole-log" ? await check.wholeLog(oldSize) : await check.selection();
  const { members } = bundle;
  const brought: Brought = { page: members.get(PAGE), verifier: members.get(VERIFIER) };
  for (const name of [PAGE, VERIFIER]) if (members.has(name)) check.expected.add(name);
  if (bundle.watched) for (const name of [PROOF, GROWTH]) check.expected.add(name);
  for (const name of members.keys()) if (name.startsWith(FOLDER)) check.expected.add(name);
  const stray = [...members.keys()].find((name) => !check.expected.has(name));
  if (stray) throw new Malformed(`${stray} does not belong into a bundle of this kind`);
  const { checkpoint } = bundle.signed;
  const known = await knownToWitnesses(bundle.watched, bundle.policyText, members.get("checkpoint")!);
  const stamps = await ledIn(bundle.stamped, bundle.policyText, members.get("checkpoint")!);
  if (!same(members.get("README.txt")!, readme(bundle.kind, checkpoint, brought, known, stamps)))
    throw new Wrong("README.txt is not the one this bundle has");
  const sinceSize = bundle.since?.size ?? 0n;
  const built = manifest(
    bundle.kind,
    checkpoint,
    members.get("policy")!,
    check.tally,
    sinceSize,
    brought,
    known,
    stamps,
  );
  if (!same(members.get("manifest.json")!, built))
    throw new Wrong("manifest.json does not say what the bundle holds");
  return { tally: check.tally, events: check.events, oldHead, known, stamps };
}

/** Name a member by a number of 12 digits. */
export function numbered(folder: string, number: number, suffix = ""): string {
  return `${folder}/${String(number).padStart(12, "0")}${suffix}`;
}

class Check {
  readonly tally: Tally = {
    count: 0,
    first: null,
    last: null,
    firstMs: null,
    lastMs: null,
    disclosed: { core: 0, pii: 0 },
  };
  readonly events: Event[] = [];
  readonly expected = new Set(FIXED);

  constructor(
    private readonly bundle: Sealed,
    private readonly pause: Pause,
  ) {}

  /** Compute every leaf, tile and root again; return the root at `oldSize`. */
  async wholeLog(oldSize: bigint | null): Promise<Hash | null> {
    if (this.bundle.since) throw new Malformed("a whole log needs no older checkpoint: it can be computed");
    const { size, head } = this.bundle.signed.checkpoint;
    const frontier = new Frontier();
    const edge = new Edge();
    let oldHead = oldSize === 0n ? frontier.head : null;
    for (let first = 0; BigInt(first) < size; first += TILE_WIDTH) {
      await this.pause(first, Number(size));
      const number = first / TILE_WIDTH;
      const rest = size - BigInt(first);
      const width = rest < TILE_WIDTH ? Number(rest) : TILE_WIDTH;
      const leaves = parseEntryBundle(this.take(tilePath("entries", number, width)));
      if (leaves.length !== width)
        throw new Malformed(`entry bundle ${number} does not hold ${width} entries`);
      const hashes = leaves.map(leafHash);
      for (const [at, hash] of hashes.entries()) {
        frontier.append(hash);
        if (oldSize === BigInt(first + at + 1)) oldHead = frontier.head;
      }
      const full = edge.append(hashes);
      const parsed = new Map(leaves.map((leaf, at) => [first + at, this.add(first + at, leaf)]));
      for (const tile of full) this.requireSame(tile.hashes, tilePath(tile.level, tile.index, TILE_WIDTH));
      this.bodies(number, parsed);
    }
    for (const tile of edge.partial)
      this.requireSame(tile.hashes, tilePath(tile.level, tile.index, tile.hashes.length / 32));
    if (!same(frontier.head, head)) throw new Wrong("the entries do not have the root that the log signed");
    return oldHead;
  }

  /** Check each event's inclusion, and the path from the older checkpoint if there is one. */
  async selection(): Promise<null> {
    const { members, since } = this.bundle;
    const { checkpoint } = this.bundle.signed;
    const note = members.get("checkpoint")!;
    const indexes = [...members.keys()].filter((name) => name.startsWith("leaves/")).map(indexOfLeaf);
    if (indexes.length > MAX_SELECTED)
      throw new Malformed(`a selection holds at most ${MAX_SELECTED} events`);
    const chunks = new Map<number, Map<number, ParsedLeaf>>();
    for (const [done, index] of indexes.entries()) {
      if (done % TILE_WIDTH === 0) await this.pause(done, indexes.length);
      const leaf = this.take(numbered("leaves", index));
      const proof = readProof(this.take(numbered("proofs", index, ".tlog-proof")));
      if (!same(proof.checkpoint, note) || proof.index !== BigInt(index) || proof.extra)
        throw new Wrong(`the proof of event ${index} is for another event or checkpoint`);
      checkInclusion(proof.path, BigInt(index), checkpoint.size, leafHash(leaf), checkpoint.head);
      const number = Math.floor(index / TILE_WIDTH);
      const chunk = chunks.get(number) ?? new Map<number, ParsedLeaf>();
      chunks.set(number, chunk.set(index, this.add(index, leaf)));
    }
    for (const [number, leaves] of chunks) this.bodies(number, leaves);
    if (since) {
      this.expected.add("since");
      const growth = readConsistency(this.take("consistency"));
      if (growth.oldSize !== since.size || !same(growth.checkpoint, note))
        throw new Wrong("the consistency proof is between other checkpoints");
      checkConsistency(growth.path, since, checkpoint);
    }
    return null;
  }

  private add(index: number, encoded: Uint8Array): ParsedLeaf {
    const leaf = parseLeaf(encoded);
    this.tally.first ??= index;
    this.tally.firstMs ??= leaf.atMs;
    this.tally.last = index;
    this.tally.lastMs = leaf.atMs;
    this.tally.count += 1;
    return leaf;
  }

  private bodies(number: number, leaves: ReadonlyMap<number, ParsedLeaf>): void {
    const name = numbered("bodies", number, ".jsonl");
    const content = this.bundle.members.get(name);
    if (!content) return;
    this.expected.add(name);
    let last = -1n;
    for (const line of linesOf(content)) {
      const { index, openings } = parseBodyLine(line);
      const leaf = leaves.get(Number(index));
      if (index <= last || !leaf)
        throw new Wrong(`event ${index} is disclosed twice, or is not in this bundle`);
      const event: Event = { index: Number(index), atMs: leaf.atMs, core: null, pii: null };
      for (const [half, opening] of openings) {
        event[half] = checkOpening(leaf, half, opening);
        this.tally.disclosed[half] += 1;
      }
      this.events.push(event);
      last = index;
    }
    if (last < 0n) throw new Malformed(`${name} is empty`);
  }

  private take(name: string): Uint8Array {
    this.expected.add(name);
    const found = this.bundle.members.get(name);
    if (!found) throw new Malformed(`the bundle has no ${name}`);
    return found;
  }

  private requireSame(built: Uint8Array, name: string): void {
    if (!same(this.take(name), built)) throw new Wrong(`${name} is not what the entries hash to`);
  }
}

/** Return the 1 to 256 leaves of an entry bundle; each follows its length, 2 bytes big-endian. */
export function parseEntryBundle(data: Uint8Array): Uint8Array[] {
  const leaves: Uint8Array[] = [];
  let at = 0;
  while (at < data.length) {
    const start = at + 2;
    // A length that is cut off counts as far as it goes; the end inside it is found below.
    at = start + data.subarray(at, start).reduce((value, byte) => value * 256 + byte, 0);
    if (start > data.length || at > data.length) throw new Malformed("an entry bundle ends inside an entry");
    leaves.push(data.subarray(start, at));
  }
  if (leaves.length < 1 || leaves.length > TILE_WIDTH)
    throw new Malformed(`an entry bundle cannot hold ${leaves.length} entries`);
  return leaves;
}

/** Cut disclosed bodies into their lines. */
export function linesOf(content: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let end = content.indexOf(10); end >= 0; end = content.indexOf(10, start)) {
    lines.push(content.subarray(start, end));
    start = end + 1;
  }
  if (start !== content.length) throw new Malformed("a line of disclosed bodies is cut off");
  return lines;
}

/** Read the index and the openings of one line. */
export function parseBodyLine(line: Uint8Array): { index: bigint; openings: [Half, Uint8Array][] } {
  const stated = parseCanonicalJson(line);
  const index = stated.get("index");
  stated.delete("index");
  if (typeof index !== "bigint" || stated.size === 0)
    throw new Malformed("a disclosed body names its event and something about it");
  const openings: [Half, Uint8Array][] = [];
  for (const [name, content] of stated) {
    const half = HALVES.find((each) => each === name);
    const [salt, text] = content instanceof Map ? [content.get("salt"), content.get("text")] : [];
    if (!half || !(content instanceof Map) || content.size !== 2)
      throw new Malformed("a disclosed body has a shape not known here");
    if (typeof salt !== "string" || typeof text !== "string")
      throw new Malformed("a disclosed body has a shape not known here");
    openings.push([half, joined(parseHash(salt), utf8(text))]);
  }
  return { index, openings };
}

function indexOfLeaf(name: string): number {
  const digits = name.slice("leaves/".length);
  if (!/^[0-9]{12}$/.test(digits)) throw new Malformed(`not the name of a leaf: ${quoted(name)}`);
  return Number(digits);
}

/** Trust policies (c2sp.org/tlog-policy) and pins. As `audit/policy.py` and `pins.py` have them. */
import { indexOf, joined, parseDecimal, parseUtf8, quoted, same, utf8 } from "./bytes";
import { Cannot, Malformed, NotSigned } from "./errors";
import type { Checkpoint, Note, Signature, Vkey } from "./notes";
import { ED25519, openNote, parseCheckpoint, parseVkey } from "./notes";

const MAX_POLICY_CHARACTERS = 262_144;
const MAX_PIN_BYTES = 2_000_000;
const NO_QUORUM = "none";
const PIN_HEADER = "# ringfence-audit-pin/1\n";
const CHECKPOINT_MARK = "--- checkpoint\n";

type Group = { threshold: bigint; members: string[] };

/** A checkpoint that satisfies a policy, and the note that carries it. */
export type SignedCheckpoint = { checkpoint: Checkpoint; note: Note; cosigners: Signature[] };

/** Logs and witnesses by public key, and the quorum that a checkpoint must reach. */
export class Policy {
  readonly logs: Vkey[] = [];
  private readonly witnesses = new Map<string, Vkey>();
  private readonly groups = new Map<string, Group>();
  private readonly members = new Set<string>();
  private quorum: string | null = null;

  constructor(text: string) {
    if (text.length > MAX_POLICY_CHARACTERS && [...text].length > MAX_POLICY_CHARACTERS)
      throw new Malformed(`a policy may have at most ${MAX_POLICY_CHARACTERS} characters`);
    if (text !== "" && !text.endsWith("\n")) throw new Malformed("a policy ends with a line feed");
    if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text))
      throw new Malformed("a policy holds a control character");
    for (const line of text.split("\n")) {
      const statement = line.replace(/^[ \t]+|[ \t]+$/g, "");
      if (statement !== "" && !statement.startsWith("#")) this.statement(statement.split(/[ \t]+/));
    }
    if (this.quorum === null) throw new Malformed("a policy has exactly one quorum");
  }

  /** Every key that the policy names, logs first. */
  get vkeys(): Vkey[] {
    return [...this.logs, ...this.witnesses.values()];
  }

  /** How many witnesses the quorum wants, of how many that are named; `none` where it wants nobody. */
  get wanted(): { count: bigint; of: number; none: boolean } {
    const count = this.groups.get(this.quorum ?? "")?.threshold ?? 1n;
    return { count, of: this.witnesses.size, none: this.quorum === NO_QUORUM };
  }

  /** Return the checkpoint in a note that a listed log signed and the quorum cosigned. */
  async openCheckpoint(data: Uint8Array): Promise<SignedCheckpoint> {
    const note = await openNote(data, this.vkeys);
    const checkpoint = parseCheckpoint(note.text);
    const verified = new Set(note.verified.map((each) => each.vkey.text));
    if (!this.logs.some((log) => verified.has(log.text) && log.name === checkpoint.origin))
      throw new NotSigned(`no log of the policy has signed as ${quoted(checkpoint.origin)}`);
    this.requireQuorum(verified, note);
    const witnesses = new Set([...this.witnesses.values()].map((each) => each.text));
    const cosigners = note.verified.filter((each) => witnesses.has(each.vkey.text));
    return { checkpoint, note, cosigners };
  }

  private requireQuorum(verified: Set<string>, note: Note): void {
    if (this.quorum === NO_QUORUM || this.reached(verified)) return;
    const perhaps = new Set([...verified, ...note.unchecked.map((each) => each.text)]);
    if (this.reached(perhaps))
      throw new Cannot(
        "the quorum needs an ML-DSA-44 cosignature, which no browser verifies; take the verifier in Python",
      );
    throw new NotSigned(`the witnesses do not reach the quorum ${quoted(this.quorum ?? "")}`);
  }

  private reached(verified: Set<string>): boolean {
    const reached = new Set<string>();
    for (const [name, vkey] of this.witnesses) if (verified.has(vkey.text)) reached.add(name);
    // Members are defined before their group, so one pass in order of definition is enough.
    for (const [name, group] of this.groups)
      if (BigInt(group.members.filter((each) => reached.has(each)).length) >= group.threshold)
        reached.add(name);
    return reached.has(this.quorum ?? "");
  }

  private statement(words: readonly string[]): void {
    const [verb, first, second, third, ...more] = words;
    if (verb === "log" && first !== undefined && words.length <= 3) this.log(parseVkey(first));
    else if (verb === "witness" && first !== undefined && second !== undefined && words.length <= 4)
      this.witness(first, parseVkey(second));
    else if (verb === "group" && first !== undefined && second !== undefined && third !== undefined)
      this.group(first, second, [third, ...more]);
    else if (verb === "quorum" && first !== undefined && words.length === 2 && this.quorum === null) {
      if (first !== NO_QUORUM) this.requireDefined(first);
      this.quorum = first;
    } else throw new Malformed(`not a policy statement: ${quoted(words.join(" "))}`);
  }

  private log(vkey: Vkey): void {
    if (vkey.type !== ED25519)
      throw new Malformed(`the key of log ${quoted(vkey.name)} is not for signing checkpoints`);
    this.requireNewKey(vkey);
    this.logs.push(vkey);
  }

  private witness(name: string, vkey: Vkey): void {
    this.requireFree(name);
    if (vkey.type === ED25519) throw new Malformed(`the key of witness ${quoted(name)} is not for cosigning`);
    this.requireNewKey(vkey);
    this.witnesses.set(name, vkey);
  }

  private group(name: string, threshold: string, members: string[]): void {
    this.requireFree(name);
    for (const member of members) {
      this.requireDefined(member);
      if (this.members.has(member)) throw new Malformed(`${quoted(member)} is a member twice`);
      this.members.add(member);
    }
    const all = BigInt(members.length);
    const count = threshold === "any" ? 1n : threshold === "all" ? all : parseDecimal(threshold);
    if (count < 1n || count > all)
      throw new Malformed(`group ${quoted(name)} cannot reach a threshold of ${count}`);
    this.groups.set(name, { threshold: count, members });
  }

  private requireNewKey(vkey: Vkey): void {
    // One key under two names would count twice towards the quorum, and a log does not witness itself.
    if (this.vkeys.some((each) => same(each.publicKey, vkey.publicKey)))
      throw new Malformed(`the key of ${quoted(vkey.name)} is listed twice`);
  }

  private requireFree(name: string): void {
    if (name === NO_QUORUM || this.witnesses.has(name) || this.groups.has(name))
      throw new Malformed(`the name ${quoted(name)} is taken`);
  }

  private requireDefined(name: string): void {
    if (!this.witnesses.has(name) && !this.groups.has(name))
      throw new Malformed(`the name ${quoted(name)} is not defined`);
  }
}

/** What a customer keeps to judge every later bundle by: a policy, and the newest checkpoint found good. */
export type Pin = {
  policy: Policy;
  note: Uint8Array;
  signed: SignedCheckpoint;
  /** What it requires of the meta-log, if anything. */
  meta: Policy | null;
};

/** Begins each line of the meta-log's policy inside a log's own one, to which it is a comment. */
export const META_MARK = "#meta ";

/** Return the meta-log's policy inside a log's policy text, or null. */
export function requirementIn(text: string): Policy | null {
  const lines = text.split("\n").filter((line) => line.startsWith(META_MARK));
  if (lines.length === 0) return null;
  const meta = new Policy(lines.map((line) => `${line.slice(META_MARK.length)}\n`).join(""));
  if (meta.logs.length !== 1 || meta.wanted.of === 0 || meta.wanted.none)
    throw new Malformed("the meta-log's policy names one log, and a quorum of witnesses");
  return meta;
}

/** Say whether a file begins as a pin does. */
export function looksLikePin(data: Uint8Array): boolean {
  return indexOf(data.subarray(0, PIN_HEADER.length), utf8(PIN_HEADER)) === 0;
}

/** Read a pin file; its checkpoint must hold under its own policy. */
export async function parsePin(data: Uint8Array): Promise<Pin> {
  if (data.length > MAX_PIN_BYTES) throw new Malformed(`a pin may have at most ${MAX_PIN_BYTES} bytes`);
  const text = parseUtf8(data);
  const cut = text.indexOf(`\n${CHECKPOINT_MARK}`);
  if (!text.startsWith(PIN_HEADER) || cut < 0) throw new Malformed("not a pin file");
  const policy = new Policy(text.slice(0, cut + 1));
  const meta = requirementIn(text.slice(0, cut));
  const note = utf8(text.slice(cut + 1 + CHECKPOINT_MARK.length));
  try {
    return { policy, note, signed: await policy.openCheckpoint(note), meta };
  } catch (reason) {
    if (reason instanceof NotSigned)
      throw new Malformed(`the pin does not hold by itself: ${reason.message}`);
    throw reason;
  }
}

/** Return the bytes of a pin file with another checkpoint, and with each line of its policy as `change` gives it. */
export function pinOf(
  data: Uint8Array,
  checkpoint: Uint8Array,
  change: (line: string) => string,
): Uint8Array {
  const text = parseUtf8(data);
  const policy = text.slice(PIN_HEADER.length, text.indexOf(`\n${CHECKPOINT_MARK}`));
  const lines = policy.split("\n").map(change).join("\n");
  return joined(utf8(`${PIN_HEADER}${lines}\n${CHECKPOINT_MARK}`), checkpoint);
}

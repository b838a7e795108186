/** Says what was verified, for people. As `audit/verify/words.py` and `deliveries.py` do. */
import { toBase64 } from "./bytes";
import type { Event } from "./contents";
import { writtenMoment } from "./der";
import type { VerdictCode } from "./errors";
import { Verdict } from "./errors";
import type { Report } from "./judge";
import type { Json, JsonObject } from "./json";
import { written } from "./json";
import type { Known } from "./watched";

export const HEADLINES: Record<VerdictCode, string> = {
  [Verdict.GOOD]: "GOOD: everything in this bundle is as the log signed it, and the log extends your pin.",
  [Verdict.PROOF_WRONG]: "WRONG: this bundle does not prove what it claims.",
  [Verdict.MALFORMED]: "MALFORMED: this is not a bundle, or not the one encoding of its contents.",
  [Verdict.EQUIVOCATION]: "EQUIVOCATION: the log has signed two histories that exclude each other.",
  [Verdict.NOT_ANCHORED]: "NOT ANCHORED: this bundle is consistent with itself, and that is all it proves.",
  [Verdict.CANNOT]: "NO ANSWER: this browser cannot verify it. That says nothing about the bundle.",
};

/** What is shown, a line for each finding. */
export function shown(report: Report): string[] {
  const { checkpoint } = report.bundle.signed;
  const lines = [
    `Log ${visible(checkpoint.origin)} with ${checkpoint.size} events.`,
    `Root ${toBase64(checkpoint.head)}.`,
    extent(report),
    `What happened is disclosed for ${report.tally.disclosed.core} of them, who did it for ${report.tally.disclosed.pii}; each is what was logged.`,
  ];
  if (report.verdict === Verdict.GOOD && report.pinned)
    lines.push(`Nothing of the ${report.pinned.size} events in your pin was changed or removed.`);
  for (const { vkey, time } of report.cosigners)
    lines.push(`Cosigned by ${visible(vkey.name)}${time === null ? "" : ` at ${instant(time * 1000n)}`}.`);
  if (report.known) lines.push(...witnessed(report.known));
  lines.push(...stamped(report).map(visible));
  return [...lines, ...report.remarks.map(visible), ...erasures(report)];
}

/** Who cosigned, up to which event, when, and how long ago that is. */
function witnessed({ checkpoint, cosigners }: Known): string[] {
  const now = Date.now() / 1000;
  return [
    `Witnesses know the first ${checkpoint.size} events:`,
    ...cosigners.map(({ vkey, time }) => {
      const at = time ?? 0n;
      return `${visible(vkey.name)} cosigned at ${instant(at * 1000n)}, ${age(now - Number(at))}.`;
    }),
  ];
}

/** What time-stamps say, the newest first, and of which the reader has no certificate. */
function stamped({ stamps }: Report): string[] {
  return [...stamps].reverse().map(({ checkpoint: { size }, answer, proven, asked }) => {
    const at = writtenMoment(answer.stated);
    if (proven) return `This log had at least ${size} events by ${at}, says ${answer.authority}.`;
    const why = asked ? "leads to none that you gave" : "you did not give";
    return (
      `That this log had at least ${size} events by ${at}: the time was stated by ${answer.authority}, whose` +
      ` certificate ${why}; not proven${asked ? "" : " (see “Trusted root”)"}.`
    );
  });
}

function age(seconds: number): string {
  if (seconds < -60) return "which is in the future by this machine's clock";
  for (const [length, word] of [
    [86_400, "day"],
    [3_600, "hour"],
    [60, "minute"],
  ] as const)
    // prettier-ignore
    if (seconds >= length) {
      const count = Math.floor(seconds / length);
      return `${count} ${word}${count === 1 ? "" : "s"} ago`;
    }
  return "less than a minute ago";
}

function extent({ tally, bundle }: Report): string {
  if (tally.firstMs === null || tally.lastMs === null) return "It holds no event.";
  const since = `from ${instant(tally.firstMs)} to ${instant(tally.lastMs)}`;
  return bundle.kind === "whole-log"
    ? `All ${tally.count} events are here, ${since}; every leaf, tile and root was computed again.`
    : `${tally.count} events are in that log, ${since}; each has its own proof.`;
}

/** Erased index -> the entry that proves it, from the disclosed events. */
export function erasuresIn(events: readonly Event[]): Map<number, number> {
  const found = new Map<number, number>();
  for (const event of events) {
    if (event.core?.get("verb") !== "audit.erased") continue;
    const detail = event.core.get("detail");
    const indexes = detail instanceof Map ? detail.get("indexes") : null;
    if (!Array.isArray(indexes)) continue;
    for (const each of indexes)
      if (typeof each === "bigint" && each < BigInt(event.index) && !found.has(Number(each)))
        found.set(Number(each), event.index);
  }
  return found;
}

function erasures({ events }: Report): string[] {
  const erased = erasuresIn(events);
  if (erased.size === 0) return [];
  const by = [...new Set(erased.values())].sort((one, other) => one - other).join(", ");
  const lines = [
    `Who did ${erased.size} events was erased, proven by entry ${by}; that they happened still holds.`,
  ];
  const disclosed = events.find((event) => event.pii !== null && erased.has(event.index));
  if (disclosed)
    lines.push(`NOT ERASED in this file, though the log says so: who did event ${disclosed.index}.`);
  return lines;
}

/** What happened, as far as disclosed. */
export function whatOf(event: Event): string {
  if (event.core === null) return "(what happened is not disclosed)";
  const rest = new Map(event.core);
  const name = ["action", "verb"].find((each) => rest.has(each));
  const verb = name === undefined ? "(no action named)" : plain(rest.get(name)!);
  if (name !== undefined) rest.delete(name);
  return [visible(verb), ...fields(rest)].join(" ");
}

/** Who did it, as far as disclosed. */
export function whoOf(event: Event, erasedBy?: number): string {
  if (event.pii === null && erasedBy !== undefined) return `by someone erased, proven by entry ${erasedBy}`;
  if (event.pii === null) return "by someone not disclosed";
  return event.pii.size > 0 ? ["by", ...fields(event.pii)].join(" ") : "by nobody in particular";
}

function fields(content: JsonObject): string[] {
  return [...content].map(([name, value]) => `${visible(name)}=${visible(plain(value))}`);
}

function plain(value: Json): string {
  return typeof value === "string" ? value : written(value);
}

/** POSIX milliseconds as UTC in ISO 8601, or the bare number beyond the year 9999. */
export function instant(atMs: bigint): string {
  if (atMs > 253_402_300_799_999n) return `${atMs} ms after 1970`;
  return new Date(Number(atMs)).toISOString().replace("T", " ");
}

/** A text with whatever cannot be seen written as an escape. */
export function visible(text: string): string {
  return text.replace(/[\p{C}\p{Z}]/gu, (mark) => {
    if (mark === " ") return mark;
    const code = mark.codePointAt(0) ?? 0;
    if (mark === "\n") return "\\n";
    if (mark === "\r") return "\\r";
    if (mark === "\t") return "\\t";
    const digits = code.toString(16);
    if (code < 0x100) return `\\x${digits.padStart(2, "0")}`;
    return code < 0x10000 ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`;
  });
}

/** The deliveries of one object, in the order of the log, and what their list does not show. */
export type Deliveries = { found: Event[]; people: number; limit: string };

export function deliveriesOf(report: Report, id: string): Deliveries {
  const found = report.events.filter((event) => isDeliveryOf(event.core, id));
  const actors = found.map((event) => event.pii?.get("actor")).filter((each) => typeof each === "string");
  return { found, people: new Set(actors).size, limit: limitOf(report) };
}

function limitOf({ bundle, tally }: Report): string {
  if (bundle.kind !== "whole-log")
    return "These happened. This bundle does not show that only these did: for that, take the whole log.";
  const closed = tally.count - tally.disclosed.core;
  if (closed > 0)
    return `What happened in ${closed} more events is not disclosed; any of them may be a delivery of it.`;
  return "The log holds no other delivery of it. That every delivery is logged, no log can show.";
}

function isDeliveryOf(core: JsonObject | null, id: string): boolean {
  const verb = core?.get("verb");
  if (!core || typeof verb !== "string" || !verb.endsWith(".delivered")) return false;
  return core.get("object") === id || names(core.get("detail"), id);
}

function names(value: Json | undefined, id: string): boolean {
  if (typeof value === "string") return value === id;
  if (value instanceof Map) return [...value.values()].some((each) => names(each, id));
  return Array.isArray(value) && value.some((each) => names(each, id));
}

/** To whom a delivery went. */
export function receiverOf(event: Event): string {
  const [actor, role] = [event.pii?.get("actor"), event.pii?.get("role")];
  if (typeof actor !== "string") return "somebody whom this bundle does not disclose";
  return visible(actor) + (typeof role === "string" ? ` as ${visible(role)}` : "");
}

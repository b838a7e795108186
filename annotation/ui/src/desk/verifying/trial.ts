/** Puts other bytes into a bundle, as somebody would who wants to deceive and keeps the zip in order. */
import type { Members } from "../../core/log/archive";
import { joined, parseUtf8, utf8 } from "../../core/log/bytes";
import { linesOf, numbered, parseBodyLine, parseEntryBundle } from "../../core/log/contents";
import { TILE_WIDTH, tilePath } from "../../core/log/tree";

export type Piece = "line" | "leaf" | "checkpoint";
/** A piece of a bundle as text, and the bundle with another text in its place. */
export type Place = { text: string; member: string; put: (text: string) => Members };

/** Where a piece of an event stands; null where this bundle does not hold it. */
export function placeOf(members: Members, size: bigint, piece: Piece, index: number): Place | null {
  const number = Math.floor(index / TILE_WIDTH);
  if (piece === "checkpoint") return single(members, "checkpoint");
  if (piece === "line") {
    const member = numbered("bodies", number, ".jsonl");
    const lines = members.has(member) ? linesOf(members.get(member)!) : [];
    const at = lines.findIndex((line) => parseBodyLine(line).index === BigInt(index));
    const put = (line: Uint8Array): Uint8Array =>
      joined(...lines.flatMap((each, place) => [place === at ? line : each, utf8("\n")]));
    return at < 0 ? null : placed(members, member, lines[at]!, put);
  }
  const alone = numbered("leaves", index);
  if (members.has(alone)) return single(members, alone);
  const rest = size - BigInt(number) * BigInt(TILE_WIDTH);
  const member = tilePath("entries", number, rest < TILE_WIDTH ? Number(rest) : TILE_WIDTH);
  const bundle = members.get(member);
  if (!bundle) return null;
  const leaves = parseEntryBundle(bundle);
  const put = (leaf: Uint8Array): Uint8Array =>
    joined(...leaves.flatMap((each, place) => counted(place === index % TILE_WIDTH ? leaf : each)));
  return placed(members, member, leaves[index % TILE_WIDTH]!, put);
}

function counted(leaf: Uint8Array): Uint8Array[] {
  return [new Uint8Array([(leaf.length >> 8) & 0xff, leaf.length & 0xff]), leaf];
}

function single(members: Members, member: string): Place {
  return placed(members, member, members.get(member)!, (content) => content);
}

function placed(
  members: Members,
  member: string,
  content: Uint8Array,
  put: (content: Uint8Array) => Uint8Array,
): Place {
  return {
    text: parseUtf8(content),
    member,
    put: (text) => new Map(members).set(member, put(utf8(text))),
  };
}

/** How many characters of a text differ from another, counted from both ends. */
export function differing(one: string, other: string): number {
  let start = 0;
  while (start < Math.min(one.length, other.length) && one[start] === other[start]) start += 1;
  let end = 0;
  while (
    end < Math.min(one.length, other.length) - start &&
    one[one.length - 1 - end] === other[other.length - 1 - end]
  )
    end += 1;
  return Math.max(one.length, other.length) - start - end;
}

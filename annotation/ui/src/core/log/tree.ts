/** The Merkle tree of RFC 6962: hashes and the checks of proofs. As `audit/merkle.py` and `frontier.py` have them. */
import { HASH_BYTES, joined, same } from "./bytes";
import { Wrong } from "./errors";
import { sha256 } from "./sha256";

export type Hash = Uint8Array;

const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);

export const EMPTY_HEAD: Hash = sha256();

export function leafHash(data: Uint8Array): Hash {
  return sha256(LEAF, data);
}

export function nodeHash(left: Hash, right: Hash): Hash {
  return sha256(NODE, left, right);
}

/** The root over hashes, in order; of nothing, the hash of nothing. */
export function treeHead(hashes: readonly Hash[]): Hash {
  let level = [...hashes];
  while (level.length > 1) {
    const above: Hash[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = [level[at]!, level[at + 1]];
      above.push(right ? nodeHash(left, right) : left);
    }
    level = above;
  }
  return level[0] ?? EMPTY_HEAD;
}

/** Return if `path` shows that `leaf` is leaf `index` of the tree. Source: RFC 9162 section 2.1.3.2. */
export function checkInclusion(
  path: readonly Hash[],
  index: bigint,
  size: bigint,
  leaf: Hash,
  head: Hash,
): void {
  requireHashes(...path, leaf, head);
  if (index < 0n || index >= size) throw new Wrong(`there is no leaf ${index} in a tree of ${size}`);
  let [position, last, root] = [index, size - 1n, leaf];
  for (const sibling of path) {
    if (last === 0n) throw new Wrong("the inclusion proof is too long");
    if (position & 1n || position === last) {
      root = nodeHash(sibling, root);
      while (position && !(position & 1n)) [position, last] = [position >> 1n, last >> 1n];
    } else root = nodeHash(root, sibling);
    [position, last] = [position >> 1n, last >> 1n];
  }
  if (last !== 0n) throw new Wrong("the inclusion proof is too short");
  if (!same(root, head)) throw new Wrong("the inclusion proof leads to another root");
}

/** Return if `path` shows that the new tree extends the old one. Source: RFC 9162 section 2.1.4.2. */
export function checkConsistency(
  path: readonly Hash[],
  old: { size: bigint; head: Hash },
  now: { size: bigint; head: Hash },
): void {
  requireHashes(...path, old.head, now.head);
  if (old.size > now.size) throw new Wrong(`a tree of ${now.size} leaves does not extend one of ${old.size}`);
  if (old.size === now.size) {
    if (path.length > 0 || !same(old.head, now.head))
      throw new Wrong("two trees of one size have different roots, or a proof too many");
    return;
  }
  if (old.size === 0n) {
    if (path.length > 0 || !same(old.head, EMPTY_HEAD))
      throw new Wrong("the empty tree has another root, or a proof too many");
    return;
  }
  if (path.length === 0) throw new Wrong("the consistency proof is empty");
  const hashes = (old.size & (old.size - 1n)) === 0n ? [old.head, ...path] : [...path];
  let [position, last] = [old.size - 1n, now.size - 1n];
  while (position & 1n) [position, last] = [position >> 1n, last >> 1n];
  let [oldRoot, newRoot] = [hashes[0]!, hashes[0]!];
  for (const sibling of hashes.slice(1)) {
    if (last === 0n) throw new Wrong("the consistency proof is too long");
    if (position & 1n || position === last) {
      [oldRoot, newRoot] = [nodeHash(sibling, oldRoot), nodeHash(sibling, newRoot)];
      while (position && !(position & 1n)) [position, last] = [position >> 1n, last >> 1n];
    } else newRoot = nodeHash(newRoot, sibling);
    [position, last] = [position >> 1n, last >> 1n];
  }
  if (last !== 0n) throw new Wrong("the consistency proof is too short");
  if (!same(oldRoot, old.head) || !same(newRoot, now.head))
    throw new Wrong("the consistency proof leads to other roots");
}

function requireHashes(...hashes: readonly Hash[]): void {
  for (const each of hashes)
    if (each.length !== HASH_BYTES) throw new Wrong(`a hash has ${each.length} bytes, not ${HASH_BYTES}`);
}

/** The whole subtrees that tile a growing tree: all that is needed to know its root at each size. */
export class Frontier {
  private size = 0;
  private readonly nodes: Hash[] = [];

  append(leaf: Hash): void {
    let node = leaf;
    for (let carry = this.size; carry % 2 === 1; carry = (carry - 1) / 2)
      node = nodeHash(this.nodes.pop()!, node);
    this.nodes.push(node);
    this.size += 1;
  }

  get head(): Hash {
    const nodes = [...this.nodes];
    let root = nodes.pop();
    if (!root) return EMPTY_HEAD;
    while (nodes.length > 0) root = nodeHash(nodes.pop()!, root);
    return root;
  }
}

export type Tile = { level: number; index: number; hashes: Uint8Array };
export const TILE_WIDTH = 256;

/** The tiles of a growing tree: the full ones as they fill, the partial ones at its right edge. */
export class Edge {
  private readonly levels: Hash[][] = [[]];
  private readonly filled: number[] = [0];

  /** Add the leaf hashes of one tile; return the tiles that became full, lowest level first. */
  append(hashes: readonly Hash[]): Tile[] {
    const full: Tile[] = [];
    let added: readonly Hash[] = hashes;
    for (let level = 0; added.length > 0; level += 1) {
      const held = (this.levels[level] ??= []);
      this.filled[level] ??= 0;
      held.push(...added);
      if (held.length < TILE_WIDTH) break;
      full.push({ level, index: this.filled[level]!, hashes: joined(...held) });
      this.filled[level]! += 1;
      added = [treeHead(held)];
      held.length = 0;
    }
    return full;
  }

  get partial(): Tile[] {
    return this.levels
      .map((held, level) => ({ level, index: this.filled[level] ?? 0, hashes: joined(...held) }))
      .filter((tile) => tile.hashes.length > 0);
  }
}

/** Name a tile or an entry bundle, as in `tile/0/x001/000.p/3`. */
export function tilePath(level: number | "entries", index: number, width: number): string {
  const groups = [String(index % 1000).padStart(3, "0")];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    groups.unshift(`x${String(rest % 1000).padStart(3, "0")}`);
  return `tile/${level}/${groups.join("/")}${width === TILE_WIDTH ? "" : `.p/${width}`}`;
}

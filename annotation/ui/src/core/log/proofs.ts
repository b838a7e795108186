/** Proof files: c2sp.org/tlog-proof, and the add-checkpoint body of tlog-witness. As `audit/proofs.py` has them. */
import { parseBase64, parseDecimal, parseHash, parseUtf8, quoted } from "./bytes";
import { Malformed } from "./errors";

const MAX_PROOF_BYTES = 1_100_000;
const MAX_PATH_HASHES = 63;

type Read = { path: Uint8Array[]; checkpoint: Uint8Array };

/** Read a c2sp.org/tlog-proof file. Nothing is verified yet. */
export function readProof(data: Uint8Array): Read & { index: bigint; extra: Uint8Array | null } {
  const { lines, checkpoint } = splitAtEmptyLine(data);
  const header = "c2sp.org/tlog-proof@v1";
  if (lines[0] !== header) throw new Malformed(`a proof begins with ${quoted(header)}`);
  let rest = lines.slice(1);
  let extra: Uint8Array | null = null;
  if (rest[0]?.startsWith("extra ")) {
    extra = parseBase64(rest[0].slice("extra ".length));
    if (extra.length === 0) throw new Malformed("empty extra data is written by leaving the line out");
    rest = rest.slice(1);
  }
  if (!rest[0]?.startsWith("index ")) throw new Malformed("a proof names the index of its leaf");
  const index = parseDecimal(rest[0].slice("index ".length));
  return { index, path: parsePath(rest.slice(1)), checkpoint, extra };
}

/** Read the body of tlog-witness `add-checkpoint`. Nothing is verified yet. */
export function readConsistency(data: Uint8Array): Read & { oldSize: bigint } {
  const { lines, checkpoint } = splitAtEmptyLine(data);
  if (!lines[0]?.startsWith("old ")) throw new Malformed("a consistency proof begins with its old size");
  const oldSize = parseDecimal(lines[0].slice("old ".length));
  return { oldSize, path: parsePath(lines.slice(1)), checkpoint };
}

function splitAtEmptyLine(data: Uint8Array): { lines: string[]; checkpoint: Uint8Array } {
  if (data.length > MAX_PROOF_BYTES) throw new Malformed(`a proof may have at most ${MAX_PROOF_BYTES} bytes`);
  let cut = data.indexOf(10);
  while (cut >= 0 && data[cut + 1] !== 10) cut = data.indexOf(10, cut + 1);
  if (cut < 0 || cut + 2 >= data.length)
    throw new Malformed("a proof has lines, an empty line and a checkpoint");
  return { lines: parseUtf8(data.subarray(0, cut)).split("\n"), checkpoint: data.subarray(cut + 2) };
}

function parsePath(lines: readonly string[]): Uint8Array[] {
  if (lines.length > MAX_PATH_HASHES) throw new Malformed(`a proof has at most ${MAX_PATH_HASHES} hashes`);
  return lines.map(parseHash);
}

// Judges cases with @sigstore/verify: a checkpoint's signature, and the inclusion of a leaf under it.
// Reads a JSON list of cases from standard input, writes a JSON list: "" for each accepted, else why not.
import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const packages = createRequire(join(process.argv[2], "package.json"));
const tlog = join(dirname(packages.resolve("@sigstore/verify")), "tlog");
const { verifyCheckpoint } = packages(join(tlog, "checkpoint.js"));
const { verifyMerkleInclusion } = packages(join(tlog, "merkle.js"));

// What stands before the 32 bytes of an Ed25519 key in its DER form (RFC 8410).
const SPKI = Buffer.from("302a300506032b6570032100", "hex");

function authority(vkey) {
  const [name, id, key] = vkey.split(/\+(.{8})\+/);
  return {
    logID: Buffer.concat([Buffer.from(id, "hex"), Buffer.alloc(28)]),
    baseURL: name,
    publicKey: createPublicKey({
      key: Buffer.concat([SPKI, Buffer.from(key, "base64").subarray(1)]),
      format: "der",
      type: "spki",
    }),
  };
}

function judge({ Kind, Vkey, Note, Index, Leaf, Path }) {
  const inclusionProof = {
    checkpoint: { envelope: Buffer.from(Note, "base64").toString() },
    logIndex: String(Index ?? 0),
    hashes: (Path ?? []).map((hash) => Buffer.from(hash, "base64")),
  };
  const entry = { inclusionProof, canonicalizedBody: Buffer.from(Leaf ?? "", "base64") };
  const checkpoint = verifyCheckpoint(entry, [authority(Vkey)]);
  if (Kind === "inclusion") verifyMerkleInclusion(entry, checkpoint);
  else if (Kind !== "note") throw new Error(`no such kind of case: ${Kind}`);
}

function answer(each) {
  try {
    judge(each);
    return "";
  } catch (error) {
    return String(error.message || error);
  }
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(answer)));

/** What a bundle says of itself, built anew to be compared. As `audit/manifest.py` writes it. */
import { toBase64, toHex, utf8 } from "./bytes";
import type { Tally } from "./contents";
import type { Checkpoint } from "./notes";
import { sha256 } from "./sha256";
import type { Led } from "./stamped";
import { FOLDER } from "./stamped";
import type { Known } from "./watched";
import { PROOF } from "./watched";

export type Kind = "whole-log" | "selection";
/** The verifiers that a bundle brings; nothing but their digests in the manifest speaks for them. */
export type Brought = { page: Uint8Array | undefined; verifier: Uint8Array | undefined };

export const PAGE = "verify.html";
export const VERIFIER = "verify.py";

export const LIMITS = [
  "A log proves that what was logged was not changed, removed or reordered since.",
  "It cannot prove that everything that happened was logged.",
  "Times are those that the platform wrote down.",
];
export const KIND_LIMITS: Record<Kind, string> = {
  "whole-log": "It holds every event of the log up to the checkpoint's size.",
  selection: "It shows that these events were logged, not that only these were.",
};

export function manifest(
  kind: Kind,
  signed: Checkpoint,
  policy: Uint8Array,
  tally: Tally,
  sinceSize: bigint,
  { page, verifier }: Brought,
  known: Known | null,
  stamps: readonly Led[],
): Uint8Array {
  const digest = (content: Uint8Array): string => toHex(sha256(content));
  const content: Pretty = {
    format: `ringfence-audit-bundle/${stamps.length > 0 ? 5 : page ? 4 : known ? 3 : verifier ? 2 : 1}`,
    kind,
    origin: signed.origin,
    size: signed.size,
    root: toBase64(signed.head),
    since_size: sinceSize,
    events: {
      count: tally.count,
      first_index: tally.first,
      last_index: tally.last,
      first_ms: tally.firstMs,
      last_ms: tally.lastMs,
    },
    disclosed: tally.disclosed,
    policy_sha256: digest(policy),
    limits: [...LIMITS, KIND_LIMITS[kind]],
    ...(page && { page_sha256: digest(page) }),
    ...(verifier && { verifier_sha256: digest(verifier) }),
    ...(known && { witnessed_size: known.checkpoint.size }),
    ...(stamps.length > 0 && {
      timestamps: stamps.map(({ checkpoint, metaSize, digest }) => ({
        size: checkpoint.size,
        of: metaSize,
        token_sha256: digest,
      })),
    }),
  };
  return utf8(`${pretty(content, "")}\n`);
}

type Pretty = string | number | bigint | null | Pretty[] | { [name: string]: Pretty };

/** Write as Python's `json.dumps(…, indent=2)` does; no list or object here is empty. */
function pretty(value: Pretty, margin: string): string {
  const inner = `${margin}  `;
  if (Array.isArray(value))
    return `[\n${value.map((each) => inner + pretty(each, inner)).join(",\n")}\n${margin}]`;
  if (value !== null && typeof value === "object") {
    const lines = Object.entries(value).map(
      ([name, each]) => `${inner}${JSON.stringify(name)}: ${pretty(each, inner)}`,
    );
    return `{\n${lines.join(",\n")}\n${margin}}`;
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

export function readme(
  kind: Kind,
  signed: Checkpoint,
  { page, verifier }: Brought,
  known: Known | null,
  stamps: readonly Led[],
): Uint8Array {
  let how = "python -m audit.verify BUNDLE --pin PIN";
  if (verifier)
    how = `python ${VERIFIER} BUNDLE --pin PIN

It needs Python 3.11 and the package cryptography. A bundle that lies can bring a verifier that lies: read
${VERIFIER} before you run it, or use the one that you kept.`;
  if (page)
    how += `

Or open ${PAGE} in a browser and give it BUNDLE and PIN. It opens no connection. What is said of ${VERIFIER} holds for
it as well: take the page that you kept, for a page can say anything of the bundle that brings it.`;
  let seen = known
    ? `\nWitnesses know the first ${known.checkpoint.size} events: ${PROOF} is the proof under the log that they cosign.\n`
    : "";
  if (stamps.length > 0) {
    const size = stamps.reduce((most, { checkpoint: { size: each } }) => (each > most ? each : most), 0n);
    seen += `
Time-stamps (RFC 3161) say when the first ${size} events were there. With the authority's certificate, which you have
from the authority and not from us, the verifier checks them: --tsa FILE. So does, of each in ${FOLDER}, other people's:

    openssl ts -verify -data N.checkpoint -in N.tsr -CAfile FILE
`;
  }
  const limits = [...LIMITS, KIND_LIMITS[kind]].map((limit) => `- ${limit}`).join("\n");
  return utf8(`Proof bundle of the audit log ${signed.origin}

This file can be checked without us, on a machine that is not connected to anything:

    ${how}

PIN is the file you kept on the first day, or after your last check. Without it the answer is
never "good": a bundle alone can only be consistent with itself.

The checkpoint covers ${signed.size} events. The formats are those of c2sp.org: signed-note,
tlog-checkpoint, tlog-tiles, tlog-proof and tlog-policy; other people's tools can check them.
${seen}
What it shows, and what it does not:
${limits}
`);
}

/** Checks signatures of certificates and time-stamps with WebCrypto, which takes other forms of them than X.509 has. */
import { joined, toBase64, toHex } from "./bytes";
import type { Value } from "./der";
import { BITS, INTEGER, OID, SEQUENCE, parseDer } from "./der";
import { Cannot, Malformed, Refused } from "./errors";

export type HashName = "sha256" | "sha384" | "sha512";
export type Scheme = { kind: "rsa" | "pss" | "ecdsa"; hash: HashName };
export type PublicKey =
  | { kind: "rsa"; modulus: Uint8Array; exponent: Uint8Array }
  | { kind: "ec"; curve: string; bytes: number; point: Uint8Array }
  | { kind: "other" };

const HASHES = { sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" } as const;
const SALT_BYTES = { sha256: 32, sha384: 48, sha512: 64 } as const;
const RSA_KEYS = ["1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10"];
const EC_KEY = "1.2.840.10045.2.1";
const CURVES = new Map<string, [name: string, bytes: number]>([
  ["1.2.840.10045.3.1.7", ["P-256", 32]],
  ["1.3.132.0.34", ["P-384", 48]],
  ["1.3.132.0.35", ["P-521", 66]],
]);
// secp256k1, secp224r1, secp192r1 and those of RFC 5639: the verifier in Python knows some, no browser does.
const OTHER_CURVES =
  /^(?:1\.3\.132\.0\.(?:10|33)|1\.2\.840\.10045\.3\.1\.1|1\.3\.36\.3\.3\.2\.8\.1\.1\.(?:7|11|13))$/;
const NOT_CHECKED = "is not checked here: use the verifier in Python, with --tsa";

/** Digest under a name as WebCrypto has it. */
export async function digest(
  name: "SHA-1" | (typeof HASHES)[HashName],
  content: Uint8Array,
): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest(name, new Uint8Array(content)));
}

export function digestBy(name: HashName, content: Uint8Array): Promise<Uint8Array> {
  return digest(HASHES[name], content);
}

/** Read a SubjectPublicKeyInfo (RFC 5280, 4.1.2.7). Raises `Malformed`, and `Cannot` for a key that no browser takes. */
export function readKey(encoded: Uint8Array): PublicKey {
  const members = parseDer(encoded).sequence();
  const algorithm = members.take(SEQUENCE).sequence();
  const { bytes } = members.take(BITS).bits();
  members.end();
  const name = algorithm.take(OID).oid();
  if (RSA_KEYS.includes(name)) {
    const numbers = parseDer(bytes).sequence();
    const [modulus, exponent] = [positive(numbers.take(INTEGER)), positive(numbers.take(INTEGER))];
    numbers.end();
    return { kind: "rsa", modulus, exponent };
  }
  if (name !== EC_KEY) return { kind: "other" };
  const curve = algorithm.take(OID).oid();
  const [named, size] = CURVES.get(curve) ?? [null, 0];
  if (named === null) {
    if (OTHER_CURVES.test(curve)) throw new Cannot(`a signature on the curve ${curve} ${NOT_CHECKED}`);
    throw new Malformed("a key is on a curve that is not known here");
  }
  if (bytes[0] === 2 || bytes[0] === 3) throw new Cannot(`a key in its short form ${NOT_CHECKED}`);
  if (bytes[0] !== 4 || bytes.length !== 1 + 2 * size) throw new Malformed("a key is no point of its curve");
  return { kind: "ec", curve: named, bytes: size, point: bytes };
}

/** The size of an RSA key as it is written, in bits; null for another key. */
export function rsaBits(key: PublicKey): number | null {
  if (key.kind !== "rsa") return null;
  const sign = key.modulus[0]! & 0x80 ? 1 : 0;
  return (key.modulus.length + sign) * 8;
}

/** Say whether `signature` over `signed` holds. Raises `Malformed` for a key that is none, `Cannot` for one not taken. */
export async function holds(
  key: PublicKey,
  { kind, hash }: Scheme,
  signature: Uint8Array,
  signed: Uint8Array,
): Promise<boolean> {
  if (key.kind === "other" || (key.kind === "ec") !== (kind === "ecdsa")) return false;
  const bare = key.kind === "ec" ? rawOf(signature, key.bytes) : signature;
  const imported = await importKey(key, kind, hash);
  if (bare === null) return false;
  const algorithm = { name: NAMES[kind], hash: HASHES[hash], saltLength: SALT_BYTES[hash] };
  try {
    return await crypto.subtle.verify(algorithm, imported, new Uint8Array(bare), new Uint8Array(signed));
  } catch (error) {
    throw new Cannot(`a signature ${NOT_CHECKED} (${nameOf(error)})`);
  }
}

const NAMES = { rsa: "RSASSA-PKCS1-v1_5", pss: "RSA-PSS", ecdsa: "ECDSA" } as const;

async function importKey(
  key: Exclude<PublicKey, { kind: "other" }>,
  kind: Scheme["kind"],
  hash: HashName,
): Promise<CryptoKey> {
  const { subtle } = crypto;
  try {
    if (key.kind === "ec")
      return await subtle.importKey("raw", new Uint8Array(key.point), { name: "ECDSA", namedCurve: key.curve }, false, ["verify"]); // prettier-ignore
    const jwk = { kty: "RSA", n: forJwk(key.modulus), e: forJwk(key.exponent) };
    return await subtle.importKey("jwk", jwk, { name: NAMES[kind], hash: HASHES[hash] }, false, ["verify"]);
  } catch (error) {
    // Of a point a browser says only that it is none; of RSA it also refuses what it does not like.
    if (key.kind === "ec" && nameOf(error) === "DataError")
      throw new Malformed("a key is no point of its curve");
    throw new Cannot(`a signature by such a key ${NOT_CHECKED} (${nameOf(error)})`);
  }
}

/** An ECDSA signature as WebCrypto takes it, r and s one after the other; null for what is none (RFC 3279, 2.2.3). */
export function rawOf(signature: Uint8Array, bytes: number): Uint8Array | null {
  try {
    const members = parseDer(signature).sequence();
    const parts = [members.take(INTEGER), members.take(INTEGER)].map((each) => {
      const number = positive(each);
      if (number.length > bytes) throw new Malformed("a number is too large");
      return joined(new Uint8Array(bytes - number.length), number);
    });
    members.end();
    return joined(...parts);
  } catch (reason) {
    if (reason instanceof Refused) return null;
    throw reason;
  }
}

function positive(value: Value): Uint8Array {
  if (value.integer() <= 0n) throw new Malformed("a number is not above nothing");
  return value.content[0] === 0 ? value.content.subarray(1) : value.content;
}

function forJwk(content: Uint8Array): string {
  return toBase64(content).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : String(error);
}

/** An AlgorithmIdentifier as hexadecimal, of those that certificates may be signed in; others are refused. */
export function schemeOf(algorithm: Uint8Array): Scheme | null {
  return CERTIFICATE_SCHEMES.get(toHex(algorithm)) ?? null;
}

const HASH_NAMES = ["sha256", "sha384", "sha512"] as const;
const CERTIFICATE_SCHEMES = new Map<string, Scheme>(
  HASH_NAMES.flatMap((hash, at): [string, Scheme][] => {
    const sha = `300d060960864801650304020${at + 1}0500`;
    const salt = SALT_BYTES[hash].toString(16).padStart(2, "0");
    return [
      [`300d06092a864886f70d01010${"bcd"[at]}0500`, { kind: "rsa", hash }],
      [`304106092a864886f70d01010a3034a00f${sha}a11c301a06092a864886f70d010108${sha}a2030201${salt}`, { kind: "pss", hash }], // prettier-ignore
      [`300a06082a8648ce3d04030${at + 2}`, { kind: "ecdsa", hash }],
    ];
  }),
);

/** Say whether a key's AlgorithmIdentifier is one that may sign certificates: RSA, P-256, P-384, P-521. */
export function mayIssue(algorithm: Uint8Array): boolean {
  return ISSUING.has(toHex(algorithm));
}

const ISSUING = new Set([
  "300d06092a864886f70d0101010500",
  "301306072a8648ce3d020106082a8648ce3d030107",
  "301006072a8648ce3d020106052b81040022",
  "301006072a8648ce3d020106052b81040023",
]);

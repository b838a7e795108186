/** X.509 certificates (RFC 5280, 4.1), as strictly as `cryptography` reads them, and files of them. */
import { toHex } from "./bytes";
import type { Members } from "./der";
import {
  BITS,
  BOOLEAN,
  GENERALIZED_TIME,
  INTEGER,
  NULL,
  OCTETS,
  OID,
  SEQUENCE,
  UTC_TIME,
  Value,
  context,
  latin1,
  parseDer,
  secondsOf,
} from "./der";
import { Malformed } from "./errors";
import { requireName } from "./names";

export type Extension = { id: string; critical: boolean; value: Uint8Array };
/** The end of a validity; `general` says that it was written as GeneralizedTime. */
export type Until = { seconds: number; general: boolean };
/** Names and algorithms are DER as they stood: two are the same if their bytes are. */
export type Certificate = {
  encoded: Uint8Array;
  tbs: Uint8Array;
  version: bigint;
  serial: Value;
  /** In what is signed, and beside the signature. */
  algorithms: [Uint8Array, Uint8Array];
  issuer: Uint8Array;
  subject: Uint8Array;
  notBefore: Until;
  notAfter: Until;
  key: Uint8Array;
  keyAlgorithm: Uint8Array;
  extensions: Extension[];
  signature: Uint8Array;
};

/** Read one certificate. Raises `Malformed`. */
export function readCertificate(encoded: Uint8Array): Certificate {
  const outer = parseDer(encoded).sequence();
  const tbs = outer.take(SEQUENCE);
  const algorithm = algorithmIn(outer);
  const signature = outer.take(BITS).bits().bytes;
  outer.end();
  const members = tbs.sequence();
  const version = members.takeIf(context(0))?.inside().integer() ?? null;
  // Version 1 is written by leaving it out, and there is no version 2 in use.
  if (version !== null && version !== 2n)
    throw new Malformed("a certificate is of another version than 1 or 3");
  const serial = members.take(INTEGER);
  serial.integer();
  const signedBy = algorithmIn(members);
  const issuer = nameIn(members);
  const [notBefore, notAfter] = validityIn(members);
  const subject = nameIn(members);
  const key = members.take(SEQUENCE);
  const keyMembers = key.sequence();
  const keyAlgorithm = algorithmIn(keyMembers);
  keyMembers.take(BITS).bits();
  keyMembers.end();
  for (const number of [1, 2]) {
    const unique = members.takeIf(context(number, false));
    if (unique) new Value(BITS, unique.content, unique.encoded).bits();
  }
  const extensions = extensionsIn(members.takeIf(context(3)));
  members.end();
  return {
    encoded,
    tbs: tbs.encoded,
    version: version ?? 0n,
    serial,
    algorithms: [signedBy, algorithm],
    issuer,
    subject,
    notBefore,
    notAfter,
    key: key.encoded,
    keyAlgorithm,
    extensions,
    signature,
  };
}

/** Read the certificates in a PEM file (RFC 7468). Raises `Malformed` for none, or for one that is none. */
export function readTrusted(pem: Uint8Array): Certificate[] {
  try {
    const found = blocksIn(latin1(pem)).filter(({ kind }) => CERTIFICATES.includes(kind));
    if (found.length === 0) throw new Malformed("none");
    return found.map(({ text }) => {
      const bytes = atob(text.replace(/\s+/g, ""));
      return readCertificate(Uint8Array.from(bytes, (mark) => mark.charCodeAt(0)));
    });
  } catch {
    throw new Malformed("the file of trusted certificates is no PEM file of certificates");
  }
}

const CERTIFICATES = ["CERTIFICATE", "X509 CERTIFICATE"];
const [BEGIN, END, DASHES] = ["-----BEGIN ", "-----END ", "-----"] as const;

function blocksIn(text: string): { kind: string; text: string }[] {
  const found: { kind: string; text: string }[] = [];
  for (let at = text.indexOf(BEGIN); at >= 0; at = text.indexOf(BEGIN, at)) {
    const named = text.indexOf(DASHES, at + BEGIN.length);
    const kind = text.slice(at + BEGIN.length, named);
    const end = text.indexOf(END, named + DASHES.length);
    if (named < 0 || end < 0) break;
    if (!text.startsWith(`${kind}${DASHES}`, end + END.length))
      throw new Malformed("it ends as something else");
    found.push({ kind, text: text.slice(named + DASHES.length, end) });
    at = end + END.length + kind.length + DASHES.length;
  }
  return found;
}

/** Say whether a file holds certificates as PEM. */
export function looksTrusted(data: Uint8Array): boolean {
  return data.length < 10_000_000 && /-----BEGIN (?:X509 )?CERTIFICATE-----/.test(latin1(data));
}

// Those whose parameters are NULL or left out, and those that have none.
const NULL_OR_NONE =
  /^(?:1\.2\.840\.113549\.1\.1\.(?:1|5|1[1-4])|2\.16\.840\.1\.101\.3\.4\.2\.(?:[1-47-9]|10)|1\.2\.840\.10045\.4\.3\.[1-4])$/;
const NONE = /^(?:1\.3\.101\.11[0-3]|2\.16\.840\.1\.101\.3\.4\.3\.(?:[1-9]|1[0-2]))$/;
const EC_KEY = "1.2.840.10045.2.1";
const PSS = "1.2.840.113549.1.1.10";
/** What is so by itself is not written. */
const USUAL_SALT = 20n;

function algorithmIn(members: Members): Uint8Array {
  const value = members.take(SEQUENCE);
  requireAlgorithm(value);
  return value.encoded;
}

function requireAlgorithm(value: Value): void {
  const inner = value.sequence();
  const name = inner.take(OID).oid();
  const [given, ...more] = inner.rest();
  const isNull = given?.tag === NULL && given.content.length === 0;
  if (
    more.length > 0 ||
    (NULL_OR_NONE.test(name) && given && !isNull) ||
    (NONE.test(name) && given) ||
    (name === EC_KEY && !(isNull || given?.tag === SEQUENCE || given?.oid()))
  )
    throw new Malformed("an algorithm has other parameters than it can have");
  if (name === PSS && given) requirePss(given);
}

/** RSASSA-PSS-params (RFC 4055, 3.1). */
function requirePss(value: Value): void {
  const members = value.sequence();
  const [hash, mask, salt, trailer] = [0, 1, 2, 3].map((number) => members.takeIf(context(number))?.inside());
  members.end();
  if (hash) requireAlgorithm(hash);
  if (mask) {
    const parts = mask.sequence();
    parts.take(OID).oid();
    requireAlgorithm(parts.take(SEQUENCE));
    parts.end();
  }
  const [length, end] = [salt?.integer() ?? 0n, trailer?.integer() ?? 1n];
  if (length < 0n || length > 0xffffn || length === USUAL_SALT || end < 0n || end > 0xffn)
    throw new Malformed("an algorithm has other parameters than it can have");
}

function nameIn(members: Members): Uint8Array {
  const value = members.take(SEQUENCE);
  requireName(value);
  return value.encoded;
}

function validityIn(members: Members): [Until, Until] {
  const both = members.take(SEQUENCE).sequence();
  const found: [Until, Until] = [until(both), until(both)];
  both.end();
  return found;
}

function until(members: Members): Until {
  const short = members.takeIf(UTC_TIME);
  const text = latin1((short ?? members.take(GENERALIZED_TIME)).content);
  const [, year, month, day, hour, minute, second] =
    (short ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/).exec(
      text,
    ) ?? [];
  if (year === undefined) throw new Malformed("a certificate's time is not in its one encoding");
  const whole = short ? `${Number(year) < 50 ? "20" : "19"}${year}` : year;
  return { seconds: secondsOf(`${whole}-${month}-${day}T${hour}:${minute}:${second}.000Z`), general: !short };
}

function extensionsIn(value: Value | null): Extension[] {
  if (!value) return [];
  return value
    .inside()
    .sequence()
    .rest()
    .map((each) => {
      const members = each.sequence();
      const id = members.take(OID).oid();
      const critical = members.takeIf(BOOLEAN)?.boolean() ?? null;
      if (critical === false) throw new Malformed("what is so by itself is not written");
      const found = { id, critical: critical === true, value: members.take(OCTETS).octets() };
      members.end();
      return found;
    });
}

/** Where a certificate is in a list, or -1. */
export function placeIn(all: readonly Certificate[], wanted: Certificate): number {
  const bytes = toHex(wanted.encoded);
  return all.findIndex((each) => toHex(each.encoded) === bytes);
}

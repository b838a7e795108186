/** What certificates' extensions say (RFC 5280, 4.2), of those that are asked about a time-stamp's certificate. */
import type { Certificate, Extension } from "./certificates";
import type { Value } from "./der";
import { BOOLEAN, INTEGER, OID, context, parseDer } from "./der";
import { Malformed } from "./errors";

export const [SUBJECT_KEY, KEY_USAGE, OTHER_NAMES] = ["2.5.29.14", "2.5.29.15", "2.5.29.17"] as const;
export const [BASIC_CONSTRAINTS, NAME_CONSTRAINTS] = ["2.5.29.19", "2.5.29.30"] as const;
export const [AUTHORITY_KEY, PURPOSES] = ["2.5.29.35", "2.5.29.37"] as const;
const [POLICIES, INFORMATION] = ["2.5.29.32", "1.3.6.1.5.5.7.1.1"] as const;
const SUBJECT_INFORMATION = "1.3.6.1.5.5.7.1.11";
const [REVOKED_AT, NEWLY_REVOKED_AT, ISSUER_NAMES] = ["2.5.29.31", "2.5.29.46", "2.5.29.18"] as const;
/** Those whose meaning is known where a chain is followed: a critical one beside them is not passed over. */
export const KNOWN: readonly string[] = [
  INFORMATION,
  AUTHORITY_KEY,
  SUBJECT_KEY,
  KEY_USAGE,
  OTHER_NAMES,
  BASIC_CONSTRAINTS,
  NAME_CONSTRAINTS,
  PURPOSES,
];

export function extensionOf({ extensions }: Certificate, id: string): Extension | null {
  return extensions.find((each) => each.id === id) ?? null;
}

/** Return an extension that stands there twice, or null. */
export function twiceIn({ extensions }: Certificate): string | null {
  const ids = extensions.map(({ id }) => id);
  return ids.find((id, at) => ids.indexOf(id) < at) ?? null;
}

/** Return if every extension that is known parses, and none stands there twice; raises `Malformed`. */
export function requireExtensions(certificate: Certificate): void {
  if (twiceIn(certificate) !== null) throw new Malformed("an extension stands there twice");
  for (const each of certificate.extensions) READINGS.get(each.id)?.(each.value);
}

export type Constraints = { issues: boolean; most: bigint | null };

/** Read BasicConstraints: whether it may issue, and how many certificates may stand in between below it. */
export function readConstraints(value: Uint8Array): Constraints {
  const members = parseDer(value).sequence();
  const issues = members.takeIf(BOOLEAN)?.boolean() ?? null;
  if (issues === false) throw new Malformed("what is so by itself is not written");
  const most = members.takeIf(INTEGER)?.integer() ?? null;
  members.end();
  if (most !== null && (most < 0n || most >= 2n ** 64n)) throw new Malformed("a length of a path is none");
  return { issues: issues === true, most };
}

/** Read KeyUsage: whether bit `number` is set. */
export function usageIn(value: Uint8Array): (number: number) => boolean {
  const { bytes } = parseDer(value).bits();
  return (number) => (((bytes[number >> 3] ?? 0) << (number & 7)) & 0x80) !== 0;
}

/** Read ExtendedKeyUsage. */
export function purposesIn(value: Uint8Array): string[] {
  return parseDer(value)
    .sequence()
    .rest()
    .map((each) => each.oid());
}

/** Read SubjectKeyIdentifier. */
export function keyIn(value: Uint8Array): Uint8Array {
  return parseDer(value).octets();
}

/** Read the key's name in AuthorityKeyIdentifier; null where it names none. */
export function issuersKeyIn(value: Uint8Array): Uint8Array | null {
  const members = parseDer(value).sequence();
  const found = members.takeIf(context(0, false));
  members.takeIf(context(1))?.members();
  members.takeIf(context(2, false));
  members.end();
  return found?.content ?? null;
}

/** Read SubjectAltName: how many names there are. */
export function countNames(value: Uint8Array): number {
  const names = parseDer(value).sequence().rest();
  names.forEach(requireGeneralName);
  return names.length;
}

// otherName, rfc822Name, dNSName, x400Address, directoryName, ediPartyName, URI, iPAddress, registeredID.
const GENERAL_NAMES: readonly number[] = [0xa0, 0x81, 0x82, 0xa3, 0xa4, 0xa5, 0x86, 0x87, 0x88];

function requireGeneralName(value: Value): void {
  if (!GENERAL_NAMES.includes(value.tag)) throw new Malformed("a name is of a kind that there is not");
  if (value.tag & 0x20) value.members();
}

/** Read NameConstraints, as far as to know that it is one. */
export function requireNameConstraints(value: Uint8Array): void {
  const members = parseDer(value).sequence();
  for (const number of [0, 1])
    for (const each of members.takeIf(context(number))?.members().rest() ?? []) each.sequence();
  members.end();
}

function requireSequences(value: Uint8Array, first?: number): void {
  for (const each of parseDer(value).sequence().rest()) {
    const members = each.sequence();
    if (first !== undefined) members.take(first);
    if (first === OID && members.rest().length > 1) throw new Malformed("there is more than belongs there");
  }
}

const READINGS = new Map<string, (value: Uint8Array) => unknown>([
  [SUBJECT_KEY, keyIn],
  [KEY_USAGE, usageIn],
  [OTHER_NAMES, countNames],
  [ISSUER_NAMES, countNames],
  [BASIC_CONSTRAINTS, readConstraints],
  [NAME_CONSTRAINTS, requireNameConstraints],
  [AUTHORITY_KEY, issuersKeyIn],
  [PURPOSES, purposesIn],
  [POLICIES, (value) => requireSequences(value, OID)],
  [INFORMATION, (value) => requireSequences(value, OID)],
  [SUBJECT_INFORMATION, (value) => requireSequences(value, OID)],
  [REVOKED_AT, (value) => requireSequences(value)],
  [NEWLY_REVOKED_AT, (value) => requireSequences(value)],
]);

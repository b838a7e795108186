/**
 * What an RFC 3161 answer says and who signed it: a TimeStampResp with CMS SignedData (RFC 5652) over a TSTInfo. As
 * `audit/timestamps/response.py` has it, rule for rule and in the same order.
 */
import { same } from "./bytes";
import type { Certificate } from "./certificates";
import { readCertificate } from "./certificates";
import type { Members, Moment, Value } from "./der";
import { BOOLEAN, GENERALIZED_TIME, INTEGER, OCTETS, OID, SEQUENCE, SET, context, parseDer } from "./der";
import { Malformed, Refused, Wrong } from "./errors";
import { KEY_USAGE, PURPOSES, SUBJECT_KEY, extensionOf, keyIn, purposesIn, requireExtensions, usageIn } from "./extensions"; // prettier-ignore
import { nameInWords } from "./names";
import type { HashName, Scheme } from "./signatures";
import { digest, digestBy, holds, readKey } from "./signatures";

export const MOST_TOKEN_BYTES = 64 * 1024;
const MOST_CERTIFICATES = 10;
const SIGNED_DATA = "1.2.840.113549.1.7.2";
const TST_INFO = "1.2.840.113549.1.9.16.1.4";
const [CONTENT_TYPE, MESSAGE_DIGEST] = ["1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"] as const;
const NAMES_SIGNER = "1.2.840.113549.1.9.16.2.12";
const NAMES_SIGNER_V2 = "1.2.840.113549.1.9.16.2.47";
const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
const SHA256 = "2.16.840.1.101.3.4.2.1";
const DIGESTS = new Map<string, HashName>([
  [SHA256, "sha256"],
  ["2.16.840.1.101.3.4.2.2", "sha384"],
  ["2.16.840.1.101.3.4.2.3", "sha512"],
]);
const RSA = "1.2.840.113549.1.1.1";
const RSA_WITH = new Map<string, HashName>([
  ["1.2.840.113549.1.1.11", "sha256"],
  ["1.2.840.113549.1.1.12", "sha384"],
  ["1.2.840.113549.1.1.13", "sha512"],
]);
const ECDSA_WITH = new Map<string, HashName>([
  ["1.2.840.10045.4.3.2", "sha256"],
  ["1.2.840.10045.4.3.3", "sha384"],
  ["1.2.840.10045.4.3.4", "sha512"],
]);

/** A time-stamp whose own signature holds. `others` are certificates that it brings; they speak for nobody. */
export type Answer = {
  stated: Moment;
  signer: Certificate;
  others: Certificate[];
  /** The subject of the certificate that signed, as RFC 4514 writes it. */
  authority: string;
};

type SignerInfo = {
  attributes: Map<string, Value>;
  signed: Uint8Array;
  digest: HashName;
  algorithm: string;
  signature: Uint8Array;
};
type Opened = { info: Uint8Array; signed: SignerInfo; signer: Certificate; others: Certificate[] };

/**
 * Return what a DER TimeStampResp over SHA-256 of `content` says, once everything about it holds but the chain. Raises
 * `Malformed`, `Wrong`, and `Cannot` for a signature that no browser checks.
 */
export async function openAnswer(token: Uint8Array, content: Uint8Array): Promise<Answer> {
  if (token.length > MOST_TOKEN_BYTES)
    throw new Malformed(`a time-stamp has at most ${MOST_TOKEN_BYTES} bytes`);
  const { info, signed, signer, others } = read(token);
  const { imprint, stated } = toldBy(info);
  if (!same(imprint, await digestBy("sha256", content)))
    throw new Wrong("the time-stamp is over something else");
  await checkSignature(signed, info, signer);
  requirePurpose(signer);
  return { stated, signer, others, authority: authorityOf(signer) };
}

function authorityOf({ subject }: Certificate): string {
  try {
    return nameInWords(subject);
  } catch (reason) {
    if (!(reason instanceof Malformed)) throw reason;
    throw new Malformed("the certificate that signed is of nobody whose name can be read");
  }
}

function read(token: Uint8Array): Opened {
  const response = parseDer(token).sequence();
  const status = response.take(SEQUENCE).sequence().take(INTEGER).integer();
  if (status !== 0n) throw new Wrong(`the authority refused with status ${status}`);
  const content = response.take(SEQUENCE).sequence();
  response.end();
  if (content.take(OID).oid() !== SIGNED_DATA) throw new Malformed("the time-stamp is no signed data");
  const data = content.take(context(0)).inside().sequence();
  content.end();
  data.take(INTEGER);
  data.take(SET);
  const capsule = data.take(SEQUENCE).sequence();
  if (capsule.take(OID).oid() !== TST_INFO) throw new Malformed("what was signed is no TSTInfo");
  const info = capsule.take(context(0)).inside().octets();
  capsule.end();
  const brought = data.takeIf(context(0));
  data.takeIf(context(1));
  const infos = data.take(SET).members();
  data.end();
  const signerInfo = infos.take(SEQUENCE).sequence();
  infos.end();
  signerInfo.take(INTEGER);
  const named = signerInfo.takeIf(SEQUENCE) ?? signerInfo.take(context(0, false));
  const signed = readSignerInfo(signerInfo);
  const encoded = brought?.members().rest() ?? [];
  if (encoded.length > MOST_CERTIFICATES)
    throw new Malformed(`a time-stamp brings at most ${MOST_CERTIFICATES} certificates`);
  const certificates = parsed(() => encoded.map((each) => readCertificate(each.encoded)));
  const signer = certificates.find((each) => parsed(() => isNamed(each, named)));
  if (!signer) throw new Wrong("the certificate that signed is not in the time-stamp");
  return { info, signed, signer, others: certificates.filter((each) => each !== signer) };
}

function parsed<Found>(reading: () => Found): Found {
  try {
    return reading();
  } catch (reason) {
    if (reason instanceof Malformed) throw new Malformed("a certificate in the time-stamp does not parse");
    throw reason;
  }
}

function readSignerInfo(members: Members): SignerInfo {
  const kind = DIGESTS.get(algorithmIn(members.take(SEQUENCE)));
  if (!kind) throw new Malformed("the time-stamp is signed over a kind of hash that is not taken here");
  const signed = members.take(context(0));
  const attributes = new Map<string, Value>();
  for (const each of signed.members().rest()) {
    const attribute = each.sequence();
    const name = attribute.take(OID).oid();
    const [value, ...more] = attribute.take(SET).members().rest();
    attribute.end();
    if (attributes.has(name) || !value || more.length > 0)
      throw new Malformed("a signed attribute stands there twice");
    attributes.set(name, value);
  }
  const algorithm = algorithmIn(members.take(SEQUENCE));
  const signature = members.take(OCTETS).octets();
  members.takeIf(context(1));
  members.end();
  // What is signed is the set under its own tag (RFC 5652, 5.4).
  const set = new Uint8Array(signed.encoded);
  set[0] = SET;
  return { attributes, signed: set, digest: kind, algorithm, signature };
}

function isNamed(certificate: Certificate, named: Value): boolean {
  if (named.tag !== SEQUENCE) {
    requireExtensions(certificate);
    const known = extensionOf(certificate, SUBJECT_KEY);
    return known !== null && same(keyIn(known.value), named.content);
  }
  const members = named.members();
  const [issuer, serial] = [members.take(SEQUENCE), members.take(INTEGER)];
  members.end();
  nameInWords(certificate.issuer);
  return same(certificate.issuer, issuer.encoded) && certificate.serial.integer() === serial.integer();
}

/** Imprint and time in a TSTInfo. */
function toldBy(info: Uint8Array): { imprint: Uint8Array; stated: Moment } {
  const members = parseDer(info).sequence();
  if (members.take(INTEGER).integer() !== 1n)
    throw new Malformed("the time-stamp is of another version than 1");
  members.take(OID);
  const over = members.take(SEQUENCE).sequence();
  if (algorithmIn(over.take(SEQUENCE)) !== SHA256)
    throw new Wrong("the time-stamp is over another kind of hash than SHA-256");
  const imprint = over.take(OCTETS).octets();
  over.end();
  members.take(INTEGER);
  const stated = members.take(GENERALIZED_TIME).time();
  // Accuracy, ordering, nonce and the authority's name say nothing that is asked here.
  for (const tag of [SEQUENCE, BOOLEAN, INTEGER, context(0)]) members.takeIf(tag);
  const extensions = members.takeIf(context(1));
  members.end();
  for (const each of extensions?.members().rest() ?? []) {
    const extension = each.sequence();
    extension.take(OID);
    if (extension.takeIf(BOOLEAN))
      throw new Wrong("the time-stamp has a critical extension, which is not known here");
  }
  return { imprint, stated };
}

async function checkSignature(signed: SignerInfo, info: Uint8Array, signer: Certificate): Promise<void> {
  const [kind, over] = [CONTENT_TYPE, MESSAGE_DIGEST].map((name) => {
    const found = signed.attributes.get(name);
    if (!found) throw new Malformed(`the time-stamp has no signed attribute ${name}`);
    return found;
  }) as [Value, Value];
  if (kind.oid() !== TST_INFO) throw new Wrong("the time-stamp is signed as something else");
  if (!same(over.octets(), await digestBy(signed.digest, info)))
    throw new Wrong("the time-stamp is not what was signed");
  await requireNamed(signed.attributes, signer);
  if (!(await verified(signed, signer))) throw new Wrong("the time-stamp's signature is wrong");
}

/** Return if the signed attributes name this certificate, the first of those that they name (RFC 5035, 5.4.1). */
async function requireNamed(attributes: Map<string, Value>, signer: Certificate): Promise<void> {
  let found = false;
  for (const name of [NAMES_SIGNER, NAMES_SIGNER_V2]) {
    const value = attributes.get(name);
    if (!value) continue;
    const first = value.sequence().take(SEQUENCE).sequence().take(SEQUENCE).sequence();
    const other = name === NAMES_SIGNER_V2 ? first.takeIf(SEQUENCE) : null;
    const kind = other ? DIGESTS.get(algorithmIn(other)) : "sha256";
    if (!kind)
      throw new Malformed("the certificate that signed is named by a kind of hash that is not taken here");
    const theirs = first.take(OCTETS).octets();
    const ours = await (name === NAMES_SIGNER
      ? digest("SHA-1", signer.encoded)
      : digestBy(kind, signer.encoded));
    if (!same(theirs, ours))
      throw new Wrong("the time-stamp names another certificate than the one that signed it");
    found = true;
  }
  if (!found) throw new Wrong("the time-stamp does not name the certificate that signed it");
}

class UnknownWay extends Malformed {}

async function verified(signed: SignerInfo, signer: Certificate): Promise<boolean> {
  const unknown = "the key that signed the time-stamp is of a kind not known here";
  try {
    const key = readKey(signer.key);
    const { algorithm } = signed;
    const hash = key.kind === "rsa" ? (algorithm === RSA ? signed.digest : RSA_WITH.get(algorithm)) : key.kind === "ec" ? ECDSA_WITH.get(algorithm) : undefined; // prettier-ignore
    if (!hash) throw new UnknownWay("the time-stamp is signed in a way that is not known here");
    const scheme: Scheme = { kind: key.kind === "rsa" ? "rsa" : "ecdsa", hash };
    return await holds(key, scheme, signed.signature, signed.signed);
  } catch (reason) {
    if (reason instanceof Malformed && !(reason instanceof UnknownWay)) throw new Malformed(unknown);
    throw reason;
  }
}

/** Return if the certificate is for time-stamping alone, critically (RFC 3161, 2.3). Raises `Wrong`. */
function requirePurpose(signer: Certificate): void {
  const purposes = extensionOf(signer, PURPOSES);
  if (!purposes?.critical || !isForTimeAlone(signer, purposes.value))
    throw new Wrong("the certificate that signed is not for time-stamping alone");
  const usage = extensionOf(signer, KEY_USAGE);
  if (!usage) return;
  const isSet = usageIn(usage.value);
  if (!isSet(0) && !isSet(1)) throw new Wrong("the certificate that signed is not for signing");
}

function isForTimeAlone(signer: Certificate, purposes: Uint8Array): boolean {
  try {
    requireExtensions(signer);
    return purposesIn(purposes).join() === TIME_STAMPING;
  } catch (reason) {
    if (reason instanceof Refused) return false;
    throw reason;
  }
}

/** The name in an AlgorithmIdentifier; parameters of those that are taken say nothing. */
function algorithmIn(value: Value): string {
  return value.sequence().take(OID).oid();
}

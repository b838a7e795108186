/**
 * Whether a time-stamp's certificate leads to one that the reader trusts, at the time that it states. As
 * `audit/timestamps/trust.py` has it, with the path validation of `cryptography` that it asks (RFC 5280, 6).
 */
import type { Answer } from "./answers";
import { same } from "./bytes";
import type { Certificate, Until } from "./certificates";
import { placeIn } from "./certificates";
import { Malformed, Cannot, Wrong } from "./errors";
import * as extensions from "./extensions";
import { extensionOf } from "./extensions";
import { nameKey } from "./names";
import { holds, mayIssue, readKey, rsaBits, schemeOf } from "./signatures";

const MOST_IN_BETWEEN = 8;
const MOST_SIGNATURES = 128;
const LEAST_RSA_BITS = 2048;
const EMPTY_NAME_BYTES = 2;
const KEY_CERT_SIGN = 5;
const [FROM_1950, UNTIL_2050] = [Date.UTC(1950, 0) / 1000, Date.UTC(2050, 0) / 1000];

/** One path does not hold. */
class NoPath extends Error {}
/** No path will, and none is tried any more. */
class GivenUp extends NoPath {}
/** None of several paths holds; the message is the last one's. */
class Exhausted extends NoPath {}

/**
 * Say whether the signer, at the stated time, leads to one of `trusted` or is one; false for a stranger. Raises `Wrong`
 * for one that claims to be issued by a trusted certificate, or by what leads to one, and does not hold. Revocation is
 * not asked.
 */
export async function leadsTo(answer: Answer, trusted: readonly Certificate[]): Promise<boolean> {
  try {
    await new Search(answer, trusted).run();
    return true;
  } catch (reason) {
    if (!(reason instanceof NoPath)) throw reason;
    if (!claims(answer, trusted)) return false;
    const told = reason instanceof Exhausted ? `candidates exhausted: ${reason.message}` : reason.message;
    throw new Wrong(`the time-stamp's certificate does not hold: ${told}`);
  }
}

/** Say whether the names lead to a trusted certificate, whatever the signatures do. */
function claims({ signer, others }: Answer, trusted: readonly Certificate[]): boolean {
  const names = new Set(trusted.map(({ subject }) => nameOf(subject)));
  names.delete(null);
  if (names.has(nameOf(signer.subject))) return true;
  let left = [...others];
  let at = signer;
  for (;;) {
    const issuer = nameOf(at.issuer);
    if (names.has(issuer)) return true;
    const above = left.find(({ subject }) => issuer !== null && nameOf(subject) === issuer);
    if (!above) return false;
    left = left.filter((each) => each !== above);
    at = above;
  }
}

/** A name, however its texts are kept; null for one that cannot be read, which is nobody's. */
function nameOf(name: Uint8Array): string | null {
  return attempt(() => nameKey(name));
}

class Search {
  private signatures = 0;

  constructor(
    private readonly answer: Answer,
    private readonly trusted: readonly Certificate[],
  ) {}

  async run(): Promise<void> {
    const { signer } = this.answer;
    requireOnce(signer);
    this.requireBasics(signer);
    requireKnown(signer);
    await this.climb(signer, 0, namesOf(signer));
  }

  /** Return if a path leads up from `at`; `names` are what those below it say that they are called beside. */
  private async climb(at: Certificate, depth: number, names: number): Promise<void> {
    const limited = extensionOf(at, extensions.NAME_CONSTRAINTS);
    if (limited) {
      parsing(() => extensions.requireNameConstraints(limited.value));
      if (names > 0)
        throw new Cannot(
          "the names to which an authority is limited are not checked here: use the verifier in Python, with --tsa",
        );
    }
    if (placeIn(this.trusted, at) >= 0) return;
    if (depth > MOST_IN_BETWEEN) throw new NoPath("chain construction exceeds max depth");
    let last = "all candidates exhausted with no interior errors";
    for (const issuer of this.issuersOf(at)) {
      requireOnce(issuer);
      try {
        await this.requireIssued(issuer, at, depth);
        const selfIssued = same(issuer.issuer, issuer.subject);
        await this.climb(issuer, depth + 1, names + (selfIssued ? 0 : namesOf(issuer)));
        return;
      } catch (reason) {
        if (!(reason instanceof NoPath) || reason instanceof GivenUp) throw reason;
        last = reason.message;
      }
    }
    throw new Exhausted(last);
  }

  /** Those that may have issued it, trusted ones first, the likeliest by the names of their keys first of all. */
  private issuersOf(at: Certificate): Certificate[] {
    const wanted = attempt(() => {
      const found = extensionOf(at, extensions.AUTHORITY_KEY);
      return found && extensions.issuersKeyIn(found.value);
    });
    const rank = (issuer: Certificate): number => {
      const has = attempt(() => {
        const found = extensionOf(issuer, extensions.SUBJECT_KEY);
        return found && extensions.keyIn(found.value);
      });
      return !wanted || !has ? 1 : same(wanted, has) ? 0 : 2;
    };
    return [...this.trusted, ...this.answer.others]
      .filter(({ subject }) => same(subject, at.issuer))
      .sort((one, other) => rank(one) - rank(other));
  }

  private async requireIssued(issuer: Certificate, child: Certificate, depth: number): Promise<void> {
    this.requireBasics(issuer);
    const written = extensionOf(issuer, extensions.BASIC_CONSTRAINTS);
    const constraints = written && parsing(() => extensions.readConstraints(written.value));
    if (constraints?.most !== null && constraints && BigInt(depth) > constraints.most)
      throw new NoPath("path length constraint violated");
    requireKnown(issuer);
    const usage = extensionOf(issuer, extensions.KEY_USAGE);
    if (usage && !parsing(() => extensions.usageIn(usage.value))(KEY_CERT_SIGN))
      throw new NoPath("a certificate in between may not sign others");
    if (!constraints)
      throw new NoPath(
        `invalid extension: ${extensions.BASIC_CONSTRAINTS}: missing required extension: CA certificate has no basicConstraints`,
      );
    if (!constraints.issues) throw new NoPath("basicConstraints.cA must be asserted in a CA certificate");
    if (!mayIssue(issuer.keyAlgorithm)) throw new NoPath("Forbidden public key algorithm");
    const scheme = schemeOf(child.algorithms[1]);
    if (!scheme) throw new NoPath("Forbidden signature algorithm");
    const key = parsing(() => readKey(issuer.key), "issuer has malformed public key");
    if ((rsaBits(key) ?? LEAST_RSA_BITS) < LEAST_RSA_BITS) throw new NoPath("RSA key is too weak");
    this.signatures += 1;
    if (this.signatures > MOST_SIGNATURES)
      throw new GivenUp("fatal error: Exceeded maximum signature check limit");
    let right = false;
    try {
      right = await holds(key, scheme, child.signature, child.tbs);
    } catch (reason) {
      if (reason instanceof Malformed) throw new NoPath("issuer has malformed public key");
      throw reason;
    }
    if (!right) throw new NoPath("signature does not match");
  }

  private requireBasics(certificate: Certificate): void {
    const { version, algorithms, serial, issuer, notBefore, notAfter } = certificate;
    const { seconds } = this.answer.stated;
    if (version !== 2n) throw new NoPath("certificate must be an X509v3 certificate");
    if (!same(...algorithms)) throw new NoPath("mismatch between signatureAlgorithm and SPKI algorithm");
    if (serial.content.length > 21)
      throw new NoPath("certificate must have a serial between 1 and 20 octets");
    if (serial.integer() < 0n) throw new NoPath("certificate serial number cannot be negative");
    if (issuer.length <= EMPTY_NAME_BYTES) throw new NoPath("certificate must have a non-empty Issuer");
    for (const each of [notBefore, notAfter]) requireShort(each);
    if (seconds < notBefore.seconds || seconds > notAfter.seconds)
      throw new NoPath("cert is not valid at validation time");
  }
}

function requireShort({ seconds, general }: Until): void {
  if (general && seconds >= FROM_1950 && seconds < UNTIL_2050)
    throw new NoPath("validity dates between 1950 and 2049 must be UtcTime");
}

function requireOnce(certificate: Certificate): void {
  const twice = extensions.twiceIn(certificate);
  if (twice !== null) throw new NoPath(`invalid extension: ${twice}: duplicate extension`);
}

function requireKnown(certificate: Certificate): void {
  for (const { id, critical } of certificate.extensions)
    if (critical && !extensions.KNOWN.includes(id))
      throw new NoPath(`invalid extension: ${id}: certificate contains unaccounted-for critical extensions`);
}

/** How many names a certificate has beside its own. */
function namesOf(certificate: Certificate): number {
  const found = extensionOf(certificate, extensions.OTHER_NAMES);
  return found ? parsing(() => extensions.countNames(found.value)) : 0;
}

function parsing<Found>(reading: () => Found, why = ""): Found {
  try {
    return reading();
  } catch (reason) {
    if (reason instanceof Malformed) throw new NoPath(why || `ASN.1 parsing error: ${reason.message}`);
    throw reason;
  }
}

function attempt<Found>(reading: () => Found): Found | null {
  try {
    return reading();
  } catch (reason) {
    if (reason instanceof Malformed) return null;
    throw reason;
  }
}

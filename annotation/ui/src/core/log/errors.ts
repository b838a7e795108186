/** The ways in which evidence is refused, one class for each answer. As `audit/errors.py` has them. */

/** The answers of the verifier; each is the exit code of the command-line one. `CANNOT` is this page's own. */
export const Verdict = {
  GOOD: 0,
  PROOF_WRONG: 1,
  MALFORMED: 2,
  EQUIVOCATION: 3,
  NOT_ANCHORED: 4,
  CANNOT: 5,
} as const;
export type VerdictCode = (typeof Verdict)[keyof typeof Verdict];

/** Some evidence does not show what it is said to show. */
export class Refused extends Error {
  constructor(
    readonly verdict: VerdictCode,
    reason: string,
  ) {
    super(reason);
  }
}

/** Bytes do not parse, or are not the one encoding that their content has. */
export class Malformed extends Refused {
  constructor(reason: string) {
    super(Verdict.MALFORMED, reason);
  }
}

/** A signature is missing or wrong, or a proof, a commitment or a file does not match the signed checkpoint. */
export class Wrong extends Refused {
  constructor(reason: string) {
    super(Verdict.PROOF_WRONG, reason);
  }
}

/** A signature that is needed is missing, or one by a known key is wrong. */
export class NotSigned extends Wrong {}

/** One log has signed two checkpoints that no single log can have; `notes` holds both, the pinned one first. */
export class Equivocation extends Refused {
  constructor(
    reason: string,
    readonly notes: readonly [Uint8Array, Uint8Array],
  ) {
    super(Verdict.EQUIVOCATION, reason);
  }
}

/** This browser lacks what the answer needs. */
export class Cannot extends Refused {
  constructor(reason: string) {
    super(Verdict.CANNOT, reason);
  }
}

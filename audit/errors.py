"""The ways in which evidence is refused, one class for each answer a verifier can give."""


class EvidenceRefused(Exception):
    """Some evidence does not show what it is said to show; the base of every refusal here."""


class Malformed(EvidenceRefused):
    """Bytes do not parse, or are not the one encoding that their content has."""


class NoteRejected(EvidenceRefused):
    """A signature that is needed is missing, or one by a known key is wrong."""


class ProofRejected(EvidenceRefused):
    """A Merkle proof, a commitment or a rebuilt file does not match the signed checkpoint."""


class Unsound(EvidenceRefused):
    """A statement is well formed and says too little, or contradicts itself: nobody may believe it."""


class Equivocation(EvidenceRefused):
    """One log has signed two checkpoints that no single append-only log can have.

    `notes` holds both, so that they can be kept as evidence: the pinned one first.
    """

    def __init__(self, reason: str, *, notes: tuple[bytes, bytes]) -> None:
        super().__init__(reason)
        self.notes = notes

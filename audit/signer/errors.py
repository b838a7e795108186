"""Why the signer does not sign. Only `HistoryChanged` condemns a log; the others ask for an operator."""

from collections.abc import Mapping


class HistoryChanged(Exception):
    """The database no longer has the history that was signed. The log is frozen, for good."""

    def __init__(self, why: str, evidence: Mapping[str, object] | None = None) -> None:
        super().__init__(why)
        self.evidence = evidence or {}
        """What shows it, beside ledger and database; kept with them."""


class SignerTrouble(Exception):
    """The signer's own folder is not as it must be: a key missing, the ledger damaged. Nothing is signed."""


class Waits(SignerTrouble):
    """The log is not signed yet, and is looked at again though nothing grows."""

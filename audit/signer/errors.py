"""Why the signer does not sign. Only `HistoryChanged` condemns a log; the others ask for an operator."""


class HistoryChanged(Exception):
    """The database no longer has the history that was signed. The log is frozen, for good."""


class SignerTrouble(Exception):
    """The signer's own folder is not as it must be: a key missing, the ledger damaged. Nothing is signed."""

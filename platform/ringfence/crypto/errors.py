"""What the room raises: a closed ciphertext, a key service that refuses or fails, a wrong signature."""


class CannotOpen(Exception):
    """A ciphertext does not open. There is one failure for every reason, and it tells none.

    Wrong key, wrong tenant, row, column or version, truncation, a flipped bit and bytes that
    never were a ciphertext look the same to whoever catches this.
    """

    def __init__(self) -> None:
        super().__init__("this ciphertext does not open")


class KeyServiceError(Exception):
    """A key service did not do what was asked. Catch one of the two subclasses: they mean opposite things."""


class KeyRefused(KeyServiceError):
    """The key service answered, and the answer is no: disabled, denied, unknown, or another context.

    The customer may have meant it, so whoever caches the key drops it at once.
    """


class KeyServiceDown(KeyServiceError):
    """The key service gave no answer (timeout, connection, its own error).

    This says nothing about the key: a cache may keep it until its hard time limit, then goes dark.
    """


class SignatureWrong(Exception):
    """A signature by a key that we know does not fit the text."""

    def __init__(self) -> None:
        super().__init__("the signature does not fit the text")


class VerifierKeyMalformed(ValueError):
    """A verifier key's name, key id, type or length is not what signed-note prescribes."""

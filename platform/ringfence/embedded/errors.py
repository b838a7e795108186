"""What a person reads when a server of ours cannot be started."""


class EmbeddedError(Exception):
    """A server cannot run here; the message is one line that says what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))

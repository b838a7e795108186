"""Errors of the pure room of labels: what is wrong with a schema, an answer or an item."""

from annotation.labels.encoding import writable


class Malformed(Exception):
    """A schema or an answer breaks a rule; `where` is a path such as `questions[0].options`.

    Both may quote names that somebody sent, and both are shown on pages: neither holds what UTF-8 cannot.
    """

    def __init__(self, message: str, *, where: str = "") -> None:
        super().__init__(writable(message))
        self.where = writable(where)


class Unreadable(Exception):
    """Stored bytes are not what this room writes: damage, or a version from the future."""

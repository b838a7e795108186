"""Errors of the pure room of labels: what is wrong with a schema, an answer or an item."""


class Malformed(Exception):
    """A schema or an answer breaks a rule; `where` is a path such as `questions[0].options`."""

    def __init__(self, message: str, *, where: str = "") -> None:
        super().__init__(message)
        self.where = where


class Unreadable(Exception):
    """Stored bytes are not what this room writes: damage, or a version from the future."""

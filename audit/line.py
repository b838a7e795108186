"""A log and those that it succeeds: who signed which head of a tenant's events."""

from dataclasses import dataclass
from uuid import UUID

from audit.database import Database

LINE = "SELECT log_id, origin, vkey, after_size FROM audit.line_of(%s)"


@dataclass(frozen=True, slots=True)
class Signing:
    """A log of the line: it signed the heads above `after_size`, up to where the next one begins."""

    log_id: UUID
    origin: str
    vkey: str | None
    after_size: int


@dataclass(frozen=True, slots=True)
class Line:
    """The logs of a tenant, newest first; one for nearly everybody."""

    logs: tuple[Signing, ...]

    def signer_at(self, size: int) -> Signing:
        """Return the log whose checkpoint the one over `size` events is."""
        return next((each for each in self.logs if size > each.after_size), self.logs[-1])


def line_of(database: Database, tenant_id: UUID) -> Line:
    """Return the line of a tenant that has a log; for the signer's or the checker's role."""
    return Line(tuple(Signing(*row) for row in database.execute(LINE, [tenant_id]).fetchall()))

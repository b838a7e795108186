"""Where a check of all logs was cut off, in a file of its own, so that a check of days outlives a restart."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from audit.errors import Malformed
from audit.frontier import Frontier
from audit.fsck import Progress
from audit.tiles import Edge


@dataclass(slots=True)
class RunState:
    """The logs that are done, with the number of problems in each, and how far the one under way has come."""

    path: Path
    done: dict[UUID, int] = field(default_factory=dict)
    under_way: Progress | None = None

    @classmethod
    def read(cls, path: Path) -> "RunState":
        """Read a state, or begin one. Raises `Malformed` for a file that is something else."""
        try:
            written = json.loads(path.read_bytes())
        except FileNotFoundError:
            return cls(path)
        except ValueError as error:
            raise Malformed("the state file cannot be read; remove it to begin anew") from error
        try:
            done = {UUID(tenant): int(problems) for tenant, problems in written["done"].items()}
            now = written["under_way"]
            return cls(path, done, None if now is None else _progress(now))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Malformed("the state file cannot be read; remove it to begin anew") from error

    def save(self, progress: Progress) -> None:
        """Keep how far one log has come."""
        self.under_way = progress
        self._write()

    def finish(self, tenant_id: UUID, problems: Iterable[str]) -> None:
        """Keep that one log is done."""
        self.done[tenant_id], self.under_way = len(tuple(problems)), None
        self._write()

    def end(self) -> None:
        """Remove the file: the next run begins anew."""
        self.path.unlink(missing_ok=True)

    def _write(self) -> None:
        now = self.under_way
        content = {
            "done": {str(tenant): problems for tenant, problems in self.done.items()},
            "under_way": None
            if now is None
            else {
                "tenant": str(now.tenant_id),
                "frontier": now.frontier.to_bytes().hex(),
                "edge": now.edge.to_bytes().hex(),
                "heads": now.heads,
                "tiles": now.tiles,
                "problems": now.problems,
            },
        }
        fresh = self.path.with_name(self.path.name + ".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)


def _progress(written: dict[str, object]) -> Progress:
    frontier = Frontier.from_bytes(bytes.fromhex(str(written["frontier"])))
    problems = written["problems"]
    if not isinstance(problems, list):
        raise TypeError("problems are a list")
    return Progress(
        UUID(str(written["tenant"])),
        frontier,
        Edge.from_bytes(bytes.fromhex(str(written["edge"])), size=frontier.size),
        int(str(written["heads"])),
        int(str(written["tiles"])),
        tuple(str(each) for each in problems),
    )

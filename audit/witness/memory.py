"""What a witness remembers, in its own folder: two keys, and for each log the largest tree it has cosigned.

    <dir>/ed25519-seed, <dir>/mldsa44-seed    32 bytes each, 0600, made once, never changed
    <dir>/witness.sqlite                      the name it signs under, and a row for each log

The keys are worth what the memory is worth: with its keys and without its rows, a witness would cosign a second
history. So the rows are made first, and keys without rows are refused. A copy of the folder must never run.
"""

import os
import secrets
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from audit.cosigners import SEED_BYTES, Clock, Cosigner, posix_seconds
from audit.notes import SignatureLine, Vkey
from audit.witness.judging import NOTHING, Refused, Seen, check_growth, read_submission

BUSY_SECONDS = 5.0
BACKWARD_SECONDS = 60
"""How far the clock may step back before the witness says nothing rather than something about the past."""
FOR_ME_ONLY = 0o077

TABLES = """
CREATE TABLE IF NOT EXISTS witness (only INTEGER PRIMARY KEY CHECK (only = 1), name TEXT NOT NULL, vkey TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS cosigned (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL CHECK (size >= 0), root BLOB NOT NULL CHECK (length(root) = 32),
    seconds INTEGER NOT NULL, note BLOB NOT NULL
);
"""
KEEP = """
INSERT INTO cosigned (origin, size, root, seconds, note) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (origin) DO UPDATE
   SET size = excluded.size, root = excluded.root, seconds = excluded.seconds, note = excluded.note
 WHERE excluded.size >= cosigned.size
"""


class MemoryTrouble(Exception):
    """The folder is not as a witness left it. Nothing is cosigned."""


class Witness:
    """One witness: judges, remembers, and only then signs its name."""

    def __init__(
        self,
        folder: Path,
        name: str,
        trusted: Mapping[str, Sequence[Vkey]],
        *,
        clock: Clock = posix_seconds,
    ) -> None:
        """Open the folder, or make it. Raises `MemoryTrouble`, and `Malformed` for a name that is none."""
        self._trusted, self._clock = trusted, clock
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_mode & FOR_ME_ONLY:
            raise MemoryTrouble(f"{folder} holds signing keys and must be mode 0700: chmod 700 it")
        self._path = folder / "witness.sqlite"
        remembered = self._path.exists()
        if not remembered and any((folder / f"{kind}-seed").exists() for kind in ("ed25519", "mldsa44")):
            raise MemoryTrouble(
                "the keys are here, and what they have cosigned is not: restore witness.sqlite,"
                " or begin in a new folder"
            )
        # SQLite would make it as the process's mask says; its journal then takes the same mode.
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        with self._database() as database:
            database.executescript(TABLES)
        self._seeds = _seed(folder / "ed25519-seed"), _seed(folder / "mldsa44-seed")
        # Makes both keys once, which also refuses a name that is none.
        self.vkeys = tuple(each.vkey for each in self._cosigners(name, 0))
        self._sign_under(name)
        self.name = name

    def add_checkpoint(self, body: bytes) -> bytes:
        """Return the signature lines for the checkpoint in an add-checkpoint body. Raises `Refused`.

        The look at what was cosigned and the new row are one transaction, on the disk before this returns:
        of two submissions at once the second sees the first.
        """
        submitted = read_submission(body, self._trusted)
        new = submitted.checkpoint
        with self._database() as database, _transaction(database):
            seen = _seen(database, new.origin)
            check_growth(submitted, seen)
            seconds = self._now(seen)
            text = submitted.text
            lines = "".join(each.sign(text.encode()) for each in self._cosigners(self.name, seconds))
            note = f"{text}\n{_join(submitted.lines)}{lines}".encode()
            database.execute(KEEP, (new.origin, new.size, new.head, seconds, note))
        return lines.encode()

    def newest(self, origin_sha256: str) -> bytes | None:
        """Return the newest cosigned checkpoint of the log whose origin has this SHA-256, in hex."""
        for origin in self._trusted:
            if sha256(origin.encode()).hexdigest() == origin_sha256:
                with self._database() as database:
                    row = database.execute("SELECT note FROM cosigned WHERE origin = ?", (origin,)).fetchone()
                return None if row is None else bytes(row[0])
        return None

    def _now(self, seen: Seen) -> int:
        """Return the time to state: never earlier than the last one. Raises `Refused` when the clock went back."""
        now = self._clock()
        if now <= 0 or now < seen.seconds - BACKWARD_SECONDS:
            raise Refused(503, "the clock of this witness is behind its last cosignature")
        return max(now, seen.seconds)

    def _cosigners(self, name: str, seconds: int) -> tuple[Cosigner, Cosigner]:
        classic, later = self._seeds
        return (
            Cosigner.ed25519(name, classic, clock=lambda: seconds),
            Cosigner.mldsa44(name, later, clock=lambda: seconds),
        )

    def _sign_under(self, name: str) -> None:
        """Tie folder, keys and name together: a cosigner's key is for one name only."""
        mine = (name, " ".join(str(vkey) for vkey in self.vkeys))
        with self._database() as database, _transaction(database):
            row = database.execute("SELECT name, vkey FROM witness").fetchone()
            if row is None:
                database.execute("INSERT INTO witness (only, name, vkey) VALUES (1, ?, ?)", mine)
            elif row[0] != name:
                raise MemoryTrouble(f"the keys of this folder sign as {row[0]!r}")
            elif row != mine:
                raise MemoryTrouble("these are not the keys that this folder's witness began with")

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)) as database:
            # A rollback journal with EXTRA also syncs the folder, so that a commit outlives a loss of power.
            database.execute("PRAGMA synchronous = EXTRA")
            yield database


def _seen(database: sqlite3.Connection, origin: str) -> Seen:
    row = database.execute("SELECT size, root, seconds FROM cosigned WHERE origin = ?", (origin,)).fetchone()
    return NOTHING if row is None else Seen(row[0], bytes(row[1]), row[2])


@contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Hold the one write lock from the first look to the commit."""
    try:
        database.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as busy:
        raise Refused(503, "this witness is busy") from busy
    try:
        yield
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def _join(lines: Sequence[SignatureLine]) -> str:
    return "".join(str(line) for line in lines)


def _seed(path: Path) -> bytes:
    """Return the seed at `path`, made when there is none, durable before anybody hears of it."""
    if not path.exists():
        fresh = path.with_suffix(f".{secrets.token_hex(8)}.new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, secrets.token_bytes(SEED_BYTES))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        # link() and not rename(): it refuses to replace a seed; of two that start at once, one wins.
        with suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
        _sync_folder(path.parent)
    seed = path.read_bytes()
    if len(seed) != SEED_BYTES:
        raise MemoryTrouble(f"{path.name} is damaged; restore it")
    return seed


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

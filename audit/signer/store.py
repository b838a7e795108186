"""The signer's own folder: one Ed25519 seed and one ledger for each log, apart from the database.

    <RINGFENCE_SIGNER_DIR>/<log id>/seed      32 bytes, 0600, made once, never changed
    <RINGFENCE_SIGNER_DIR>/<log id>/ledger    a line for each signed head, appended and fsynced:
                                              <size> <base64 root> <CRC-32 of that, 8 hex>
    <RINGFENCE_SIGNER_DIR>/<log id>/evidence-<digest>.json   why the log was frozen

Keep it on another disk, with other backups, than the database: it is what notices a rollback.
"""

import fcntl
import hashlib
import json
import os
import secrets
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from audit.encoding import parse_decimal, parse_hash, to_base64
from audit.errors import Malformed
from audit.signer.errors import SignerTrouble
from ringfence.crypto.signing import SEED_BYTES, NoteSigner

TAIL_BYTES = 4096
FOR_ME_ONLY = 0o077


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head that the signer has committed itself to."""

    size: int
    root: bytes

    @property
    def line(self) -> bytes:
        """The ledger's line."""
        body = f"{self.size} {to_base64(self.root)}"
        return f"{body} {zlib.crc32(body.encode()):08x}\n".encode()

    @classmethod
    def parse(cls, line: bytes) -> "SignedHead":
        """Read a whole line without its line feed. Raises `SignerTrouble`."""
        try:
            size, root, _ = line.decode("ascii").split(" ")
            head = cls(parse_decimal(size), parse_hash(root))
        except (ValueError, Malformed) as error:
            raise SignerTrouble("a line of the ledger cannot be read; restore the signer's folder") from error
        if head.line != line + b"\n":
            raise SignerTrouble("a line of the ledger is damaged; restore the signer's folder")
        return head


class Store:
    """The folder. Refuses one that others can enter."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if directory.stat().st_mode & FOR_ME_ONLY:
            raise SignerTrouble(f"{directory} holds signing keys and must be mode 0700: chmod 700 it")
        self._directory = directory

    def log_ids(self) -> set[UUID]:
        """Return the ids of the logs that have a folder here."""
        return {UUID(path.name) for path in self._directory.iterdir() if path.is_dir()}

    @contextmanager
    def hold(self, log_id: UUID) -> Iterator["LogStore | None"]:
        """Hold the lock of one log, or yield None while another signer holds it."""
        folder = self._directory / log_id.hex
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
            _sync_folder(self._directory)
        descriptor = os.open(folder / "ledger", os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
            else:
                yield LogStore(folder, descriptor)
        finally:
            os.close(descriptor)


class LogStore:
    """Seed and ledger of one log, while its lock is held."""

    def __init__(self, folder: Path, descriptor: int) -> None:
        self._folder, self._ledger = folder, descriptor

    def key(self, origin: str) -> NoteSigner | None:
        """Return the log's signing key, or None when there is none here. Raises `SignerTrouble`."""
        try:
            seed = (self._folder / "seed").read_bytes()
        except FileNotFoundError:
            return None
        if len(seed) != SEED_BYTES:
            raise SignerTrouble("a seed is damaged; restore the signer's folder")
        return NoteSigner(origin, seed)

    def make_key(self, origin: str) -> NoteSigner:
        """Make the log's key, durable before anybody hears of it. Raises `SignerTrouble` if there is one."""
        seed = secrets.token_bytes(SEED_BYTES)
        fresh = self._folder / "seed.new"
        _write_durably(fresh, seed)
        try:
            # link() and not rename(): it refuses to replace a seed.
            os.link(fresh, self._folder / "seed")
        except FileExistsError as error:
            raise SignerTrouble("the log has a key already") from error
        finally:
            fresh.unlink(missing_ok=True)
        _sync_folder(self._folder)
        return NoteSigner(origin, seed)

    def last(self) -> SignedHead | None:
        """Return the newest signed head, or None. Raises `SignerTrouble` for a damaged ledger.

        A line without its line feed was cut by a crash before its fsync returned, so no signature
        has left for it: it is removed.
        """
        end = os.fstat(self._ledger).st_size
        tail = os.pread(self._ledger, TAIL_BYTES, max(0, end - TAIL_BYTES))
        whole, feed, torn = tail.rpartition(b"\n")
        if torn:
            os.ftruncate(self._ledger, end - len(torn))
            os.fsync(self._ledger)
        return SignedHead.parse(whole.rpartition(b"\n")[2]) if feed else None

    def advance(self, *, expected: SignedHead | None, head: SignedHead) -> None:
        """Commit to `head` if `expected` is still the newest; on return it is durable.

        Raises `SignerTrouble` if the ledger has moved, or would go backwards.
        """
        if self.last() != expected:
            raise SignerTrouble("another signer has moved this ledger")
        if expected is not None and head.size <= expected.size:
            raise SignerTrouble("a ledger only grows")
        os.write(self._ledger, head.line)
        os.fsync(self._ledger)
        if expected is None:
            _sync_folder(self._folder)

    def keep_evidence(self, evidence: Mapping[str, object]) -> Path:
        """Keep why the log is frozen; the same evidence is kept once."""
        content = (json.dumps(evidence, indent=2, sort_keys=True) + "\n").encode()
        path = self._folder / f"evidence-{hashlib.sha256(content).hexdigest()[:16]}.json"
        if not path.exists():
            _write_durably(path, content)
            _sync_folder(self._folder)
        return path


def _write_durably(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

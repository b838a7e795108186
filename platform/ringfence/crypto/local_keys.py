"""A key service of one directory, for demo and test: it keeps its keys on disk, where any backup finds them.

    <directory>/            mode 0700; refused when group or others may enter
      local-<32 hex>.key        mode 0600: an enabled key
      local-<32 hex>.disabled   mode 0600: the same file, renamed
      unwraps-<UTC day>.jsonl   mode 0600: one line for each unwrap, made or refused; never a key's bytes
      outage                    while it exists, every call raises `KeyServiceDown`
      .lock                     serialises the calls that change keys

    key file = "ringfence-local-key 1" LF, tenant UUID LF, 64 hex digits LF
    line     = {"at": time, "key": key_ref, "context": encryption context, "ok": bool, "pid": caller}
    wrapped  = "RFL" || 0x01 || chunked ciphertext under that key, whose context is
               "RFL" || 0x01 || u16be length || key_ref || canonical encryption context

All state is in the directory and none in the process: what one process disables, another refuses next.
"""

import fcntl
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from ringfence.crypto import chunked
from ringfence.crypto.errors import CannotOpen, KeyRefused, KeyServiceDown
from ringfence.crypto.keyservice import canonical_context, check_wrappable
from ringfence.crypto.line_files import append_line

OUTAGE_MARKER: Final = "outage"
RECORD: Final = "unwraps"
"""What the files of the record are called, before the day."""

_MAGIC: Final = b"RFL\x01"
_FILE_TITLE: Final = "ringfence-local-key 1"
_KEY_REF: Final = re.compile(r"local-[0-9a-f]{32}", re.ASCII)
_ENABLED: Final = ".key"
_DISABLED: Final = ".disabled"
_LOCK: Final = ".lock"
_PROBE_CONTEXT: Final = {"rf:purpose": "probe"}
_KEY_FILE_MAX_BYTES: Final = 256


class LocalKeyService:
    """A `KeyService` for demo and test, with the switches that a customer has at the real one.

    The directory is made by the first `create_key`; until then, and whenever it is gone or
    unreadable, the service is down.
    """

    __slots__ = ("_directory",)

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __repr__(self) -> str:
        return f"LocalKeyService({str(self._directory)!r})"

    def create_key(self, *, tenant: UUID) -> str:
        """Create a key, on disk and synced before its reference is returned."""
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise KeyServiceDown("the key directory cannot be made") from error
        key_ref = f"local-{uuid4().hex}"
        text = f"{_FILE_TITLE}\n{tenant}\n{os.urandom(chunked.KEY_BYTES).hex()}\n"
        with self._opened() as directory, _failures_are_outages():
            _write_whole(directory, key_ref + _ENABLED, text.encode("ascii"))
        return key_ref

    def wrap(self, key_ref: str, plaintext: bytes, *, encryption_context: Mapping[str, str]) -> bytes:
        """Wrap as `KeyService.wrap` says."""
        check_wrappable(plaintext)
        context = _context(key_ref, encryption_context)
        with self._opened() as directory:
            key = _read_key(directory, key_ref)
        return _MAGIC + chunked.encrypt(key, os.urandom(chunked.SALT_BYTES), context, plaintext)

    def unwrap(self, key_ref: str, wrapped: bytes, *, encryption_context: Mapping[str, str]) -> bytes:
        """Unwrap as `KeyService.unwrap` says, and leave a line in the record.

        No line, no key: where it cannot be written, the service is down.
        """
        context = _context(key_ref, encryption_context)
        line = {"key": key_ref, "context": dict(encryption_context)}
        with self._opened() as directory:
            try:
                plaintext = _unwrapped(directory, key_ref, wrapped, context)
            except KeyRefused:
                # Nothing is given away, so a full disk does not turn the answer into an outage.
                with suppress(OSError):
                    append_line(directory, RECORD, line | {"ok": False, "pid": os.getpid()})
                raise
            try:
                append_line(directory, RECORD, line | {"ok": True, "pid": os.getpid()})
            except OSError as error:
                raise KeyServiceDown("the key service's record of unwraps cannot be written") from error
        return plaintext

    def probe(self, key_ref: str) -> None:
        """Wrap and unwrap one byte, as `KeyService.probe` says; without a line, for the byte is its own."""
        wrapped = self.wrap(key_ref, b"\x00", encryption_context=_PROBE_CONTEXT)
        with self._opened() as directory:
            _unwrapped(directory, key_ref, wrapped, _context(key_ref, _PROBE_CONTEXT))

    def disable(self, key_ref: str) -> None:
        """Make each later use of the key raise `KeyRefused`, in every process. Twice is no error."""
        self._rename(key_ref, _ENABLED, _DISABLED)

    def enable(self, key_ref: str) -> None:
        """Undo `disable`. Enabling an enabled key is no error."""
        self._rename(key_ref, _DISABLED, _ENABLED)

    def destroy(self, key_ref: str) -> None:
        """Remove the key for good; it is unknown afterwards, and so is all that it wraps.

        The file system may keep the freed blocks and its backups the file: this is for demo and test.
        """
        _check_ref(key_ref)
        with self._opened() as directory, _locked(directory), _failures_are_outages():
            found = [ending for ending in (_ENABLED, _DISABLED) if _exists(directory, key_ref + ending)]
            if not found:
                raise KeyRefused(f"there is no key {key_ref}")
            for ending in found:
                os.unlink(key_ref + ending, dir_fd=directory)
            os.fsync(directory)

    def _rename(self, key_ref: str, before: str, after: str) -> None:
        _check_ref(key_ref)
        with self._opened() as directory, _locked(directory), _failures_are_outages():
            if _exists(directory, key_ref + after):
                return
            try:
                os.rename(key_ref + before, key_ref + after, src_dir_fd=directory, dst_dir_fd=directory)
            except FileNotFoundError:
                raise KeyRefused(f"there is no key {key_ref}") from None
            os.fsync(directory)

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """Yield a descriptor of the directory; raise `KeyServiceDown` if it cannot serve.

        Every file is then reached through the descriptor, so a missing directory is never
        mistaken for a missing key.
        """
        with _failures_are_outages():
            directory = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            with _failures_are_outages():
                if stat.S_IMODE(os.fstat(directory).st_mode) & 0o077:
                    raise KeyServiceDown("the key directory is open to other users; chmod 700 it")
                if _exists(directory, OUTAGE_MARKER):
                    raise KeyServiceDown("the local key service is switched off by its outage marker")
            yield directory
        finally:
            os.close(directory)


@contextmanager
def _failures_are_outages() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise KeyServiceDown("the key directory cannot be used") from error


@contextmanager
def _locked(directory: int) -> Iterator[None]:
    with _failures_are_outages():
        lock = os.open(_LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=directory)
    try:
        with _failures_are_outages():
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _write_whole(directory: int, name: str, content: bytes) -> None:
    """Write a new file that is either whole and durable, or absent, wherever a crash falls."""
    draft = f".{name}.draft"
    new_file = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    file = os.open(draft, new_file, 0o600, dir_fd=directory)
    with os.fdopen(file, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    os.rename(draft, name, src_dir_fd=directory, dst_dir_fd=directory)
    os.fsync(directory)


def _unwrapped(directory: int, key_ref: str, wrapped: bytes, context: bytes) -> bytes:
    key = _read_key(directory, key_ref)
    if wrapped[: len(_MAGIC)] != _MAGIC:
        raise KeyRefused("the key opens no such wrap under this context")
    try:
        return chunked.decrypt(key, context, wrapped[len(_MAGIC) :])
    except CannotOpen:
        raise KeyRefused("the key opens no such wrap under this context") from None


def _read_key(directory: int, key_ref: str) -> bytes:
    _check_ref(key_ref)
    with _failures_are_outages():
        try:
            file = os.open(key_ref + _ENABLED, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
        except FileNotFoundError:
            state = "is disabled" if _exists(directory, key_ref + _DISABLED) else "does not exist"
            raise KeyRefused(f"key {key_ref} {state}") from None
        with os.fdopen(file, "rb") as stream:
            content = stream.read(_KEY_FILE_MAX_BYTES)
    lines = content.split(b"\n")
    if len(lines) != 4 or lines[0] != _FILE_TITLE.encode() or not re.fullmatch(rb"[0-9a-f]{64}", lines[2]):
        # Not chained and not quoted: the file's content is a key.
        raise KeyServiceDown(f"the file of key {key_ref} is damaged")
    return bytes.fromhex(lines[2].decode("ascii"))


def _exists(directory: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _check_ref(key_ref: str) -> None:
    # Also what keeps a reference from naming a file outside the directory.
    if not _KEY_REF.fullmatch(key_ref):
        raise KeyRefused("there is no such key")


def _context(key_ref: str, encryption_context: Mapping[str, str]) -> bytes:
    reference = key_ref.encode()
    counted = len(reference).to_bytes(2, "big") + reference
    return _MAGIC + counted + canonical_context(encryption_context)

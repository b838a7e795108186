"""Where a server's files lie, and who may enter: every folder 0700, every secret file 0600."""

import hashlib
import os
import pwd
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from ringfence.embedded.errors import EmbeddedError

SOCKET_PATH_BYTES = 107
"""Longest path of a socket: `sun_path` has 108 bytes with its closing zero (unix(7))."""

SHORT_ROOT = Path("/tmp")  # noqa: S108 - the folder made below it is 0700 and its owner is checked
SERVER_HOME_VARIABLE = "RINGFENCE_SERVER_HOME"
SERVER_HOME = Path("/var/lib/ringfence")


@dataclass(frozen=True, slots=True)
class ServiceUser:
    """The user a server runs as when we are root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a server's data and socket really lie, and as whom it runs.

    `user` is None when the server runs as we do; then `place` is the folder that was asked for.
    """

    asked: Path
    place: Path
    user: ServiceUser | None


def digest_of(path: Path) -> str:
    """Return a short name for `path` that two folders never share by accident."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def server_home() -> Path:
    """Return the folder in which root keeps what an unprivileged server must be able to reach."""
    return Path(os.environ.get(SERVER_HOME_VARIABLE) or SERVER_HOME)


def service_user() -> ServiceUser:
    """Return the user for a server that refuses to run as root: postgres, else nobody."""
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServiceUser(name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedError("no user 'postgres' or 'nobody' on this machine: add one (adduser --system postgres)")


def placement(asked: Path, *, as_root: bool, home: Path) -> Placement:
    """Decide where the server for `asked` lies.

    As root everything moves to a folder of its own under `home`: PostgreSQL refuses to run as
    root, and another user cannot enter a folder below a parent that is 0700, as root's home is.
    """
    asked = asked.absolute()
    if not as_root:
        return Placement(asked=asked, place=asked, user=None)
    return Placement(asked=asked, place=home / digest_of(asked), user=service_user())


def socket_folder(preferred: Path, socket_name: str) -> Path:
    """Return `preferred`, or a short folder when the socket's path in it would be too long."""
    if len(os.fsencode(preferred / socket_name)) <= SOCKET_PATH_BYTES:
        return preferred
    return SHORT_ROOT / f"ringfence-{os.getuid()}-{digest_of(preferred)}"


def make_private(folder: Path, *, owner: ServiceUser | None = None) -> None:
    """Make `folder` (its parents too, where missing), 0700 and ours; refuse somebody else's.

    A folder that exists is checked and never changed, so that nobody's permissions are opened
    or taken by a typing error in VAR.
    """
    wanted = os.getuid() if owner is None else owner.uid
    try:
        _make_parents(folder.parent)
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            pass
        else:
            if owner is not None:
                os.chown(folder, owner.uid, owner.gid)
        found = folder.lstat()
    except OSError as error:
        raise EmbeddedError(f"cannot make the folder {folder}: {error.strerror}; {_advice(error)}") from error
    if not stat.S_ISDIR(found.st_mode):
        raise EmbeddedError(f"{folder} is not a folder: move it away, or set VAR to another folder")
    if found.st_uid != wanted:
        raise EmbeddedError(
            f"{folder} belongs to user {found.st_uid}, not to {wanted}: "
            "run as its owner, or set VAR to another folder"
        )
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise EmbeddedError(f"{folder} is open to other users: chmod 700 it, or set VAR to another folder")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise EmbeddedError(f"cannot write in {folder}: chmod 700 it, or set VAR to another folder")


def make_shared_home(home: Path) -> None:
    """Make root's folder for servers of other users, 0755: they must pass through it to their own."""
    try:
        if not home.exists():
            _make_parents(home)
            home.chmod(0o755)  # just made, and ours: whatever the umask took away
        found = home.stat()
    except OSError as error:
        raise EmbeddedError(
            f"cannot make the folder {home}: {error.strerror}; set {SERVER_HOME_VARIABLE} to another folder"
        ) from error
    closed = next((parent for parent in (home, *home.parents) if not parent.stat().st_mode & 0o001), None)
    if closed is not None:
        raise EmbeddedError(
            f"the server's user cannot pass through {closed}: set {SERVER_HOME_VARIABLE} to a folder "
            "that everybody may enter"
        )
    if found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise EmbeddedError(f"{home} can be changed by others than root: chown root, chmod 755 it")


def _make_parents(folder: Path) -> None:
    """Make the missing folders above a private one, 0755 as mkdir(1) would; touch no other."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir(mode=0o755, exist_ok=True)


def _advice(error: OSError) -> str:
    if error.errno in (28, 122):  # ENOSPC, EDQUOT
        return "free some space, or set VAR to a folder on another disk"
    return "set VAR to a folder that you can write"


def require_space(folder: Path, *, needed_mib: int) -> None:
    """Raise `EmbeddedError` when the disk under `folder` has less than `needed_mib` free."""
    free_mib = _free_bytes(folder) // (1024 * 1024)
    if free_mib < needed_mib:
        raise EmbeddedError(
            f"the disk of {folder} is full: {free_mib} MiB free, {needed_mib} MiB needed; "
            "free some space, or set VAR to a folder on another disk"
        )


def _free_bytes(folder: Path) -> int:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def write_private(path: Path, text: str, *, owner: ServiceUser | None = None) -> None:
    """Write `text` to `path` in one step, 0600; a reader sees the old or the new, never half."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if owner is not None:
                os.chown(part, owner.uid, owner.gid)
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise EmbeddedError(f"cannot write {path}: {error.strerror}; {_advice(error)}") from error


def secret_in(path: Path) -> str:
    """Return the secret kept in `path`, making a random one (256 bits, hex) at first."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        write_private(path, secrets.token_hex(32) + "\n")
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise EmbeddedError(f"cannot read {path}: {error.strerror}; run as its owner") from error

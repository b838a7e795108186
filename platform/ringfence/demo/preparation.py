"""What happens between the stores' start and the services': bootstrap, migrations, keys, seed."""

import hashlib
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

import annotation
import audit
import ringfence
import tenants
from ringfence.demo.environments import read_environment
from ringfence.demo.layout import Layout
from ringfence.embedded import places
from ringfence.embedded.errors import EmbeddedError

COMMAND_SECONDS = 600

Say = Callable[[str], None]


def prepare_databases(layout: Layout, say: Say) -> None:
    """Bootstrap and migrate all databases, unless this install has had exactly these steps."""
    stamp = layout.var / "run" / "prepared"
    wanted = digest_of_steps(_packages())
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    say("roles and databases")
    manage(layout, "bootstrap", "bootstrap")
    say("tables")
    # Checks that ask the database come after it has tables: the services' own start runs them.
    migrate = ("migrate", "--no-input", "--skip-checks", "--verbosity=0")
    jobs = (("migrate", ()), ("migrate", ("--database", "control")), ("migrate-shadow", ()))
    with ThreadPoolExecutor(len(jobs)) as pool:
        list(pool.map(lambda job: manage(layout, job[0], *migrate, *job[1]), jobs))
    places.write_private(stamp, wanted)


def digest_of_steps(packages: Iterable[Path]) -> str:
    """Return a digest of everything that bootstrap and migrate would do: their files and Django's version."""
    digest = hashlib.sha256(metadata.version("django").encode())
    for package in packages:
        for path in sorted([*package.rglob("migrations/*.py"), *package.rglob("*.sql")]):
            digest.update(f"{path.relative_to(package.parent)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _packages() -> list[Path]:
    return [Path(next(iter(package.__path__))) for package in (ringfence, tenants, annotation, audit)]


def rotate_context_keys(layout: Layout) -> None:
    """Give the gate a fresh context key, and the checker one for the shadow."""
    jobs = (("rotate", layout.context_key_file), ("rotate-shadow", layout.shadow_key_file))
    with ThreadPoolExecutor(len(jobs)) as pool:
        list(pool.map(lambda job: manage(layout, job[0], "rotate_context_key", "--file", str(job[1])), jobs))


def seed(layout: Layout, say: Say) -> None:
    """Fill the demo, once: the seed's last act is to write `demo.json`."""
    if layout.people() is None:
        say("people and items of the demo")
        manage(layout, "seed", "seed_demo")


def manage(layout: Layout, process: str, *command: str) -> None:
    """Run a management command as `process`, with its environment alone; its output goes to a log.

    Raises `EmbeddedError` with the command's last line when it fails.
    """
    log = layout.log_of(process)
    environment = read_environment(layout.environment_of(process).read_text(encoding="utf-8"))
    with log.open("ab") as output:
        log.chmod(0o600)
        start = output.tell()
        output.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {' '.join(command)}\n".encode())
        output.flush()
        try:
            done = subprocess.run(
                [sys.executable, "-m", "django", *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env=environment,
                timeout=COMMAND_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise EmbeddedError(
                f"{command[0]} took longer than {COMMAND_SECONDS} s and was stopped; log: {log}"
            ) from error
    if done.returncode != 0:
        reason = reason_of(log.read_bytes()[start:].decode("utf-8", "replace").partition("\n")[2])
        raise EmbeddedError(f"{command[0]} failed: {reason}; log: {log}")


def reason_of(output: str) -> str:
    """Return the one line of a failed command's output that says why it failed."""
    lines = [line for line in output.splitlines() if line.strip()]
    if not lines:
        return "it said nothing"
    if "SystemCheckError:" in output:
        found = [line for line in lines if line.startswith(("?: ", "<")) or re.match(r"[a-z_]+\.\w+", line)]
        return f"SystemCheckError: {found[0]}" if found else lines[-1]
    return lines[-1]

"""The services that tests run on: one cluster and one broker, prepared like an install and removed at the end."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from ringfence.embedded.postgres import Cluster
from ringfence.embedded.valkey import Server

REPO = Path(__file__).parent.parent
ROLES = (
    "rf_migrator",
    "rf_app",
    "rf_worker",
    "rf_gate",
    "rf_sequencer",
    "rf_signer",
    "rf_publisher",
    "rf_checker",
)


@dataclass
class Stack:
    """Everything a test may need to know about the services."""

    directory: Path
    durable: bool = False
    passwords: dict[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.cluster = Cluster(self.directory / "postgres", durable=self.durable)
        self.broker = Server(self.directory / "valkey")
        self.passwords = {role: secrets.token_urlsafe(18) for role in ROLES}

    def url(self, role: str, database: str, *, acting_as: str = "") -> str:
        """Return the address of `database` for `role`."""
        url = self.cluster.url(role, self.passwords[role], database)
        return f"{url}&options=-c%20role%3D{acting_as}" if acting_as else url

    def environment(self, role: str = "rf_app", **more: str) -> dict[str, str]:
        """Return a process environment like the install's, with the cell as `role`."""
        values = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.directory),
            "LANG": "C.UTF-8",
            "DJANGO_SETTINGS_MODULE": "ringfence.settings",
            "RINGFENCE_MODE": "test",
            "RINGFENCE_SECRET_KEY": "test-" + "k" * 45,
            "RINGFENCE_VAR": str(self.directory),
            "RINGFENCE_BASE_URL": "http://127.0.0.1:8000",
            "RINGFENCE_KEY_SERVICE": "local",
            "RINGFENCE_LOCAL_KEYS": str(self.directory / "keys"),
            "RINGFENCE_CONTEXT_KEY_FILE": str(self.directory / "context.key"),
            "RINGFENCE_SIGNER_DIR": str(self.directory / "signer"),
            "RINGFENCE_CELL_URL": self.url(role, "cell"),
            "RINGFENCE_CONTROL_URL": self.url("rf_gate", "control"),
            "RINGFENCE_EGRESS_LOOPBACK": "1",
            "BROKER_URL": self.broker.broker_url(),
            "RINGFENCE_CACHE_URL": self.broker.cache_url(),
        }
        if role == "rf_checker":
            values["RINGFENCE_SHADOW_URL"] = self.url("rf_checker", "shadow")
            values["RINGFENCE_SHADOW_KEY_FILE"] = str(self.directory / "shadow.key")
        return values | more

    def manage(self, *arguments: str, env: dict[str, str] | None = None) -> str:
        """Run `manage.py …` to its end; raise with its output when it fails."""
        done = subprocess.run(
            [sys.executable, str(REPO / "manage.py"), *arguments],
            env=env or self.environment(),
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"manage.py {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self) -> None:
        """Start the services, bootstrap as superuser once, migrate as rf_migrator, make the gate's key."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda service: service.start(), (self.cluster, self.broker)))
        roles = self.directory / "roles.json"
        roles.write_text(json.dumps(self.passwords))
        boot = {
            "RINGFENCE_SUPERUSER_URL": self.cluster.superuser_url(),
            "RINGFENCE_ROLE_PASSWORDS": str(roles),
        }
        self.manage("bootstrap", env=self.environment(**boot))
        live = self.environment(
            RINGFENCE_CELL_URL=self.url("rf_migrator", "cell", acting_as="rf_owner"),
            RINGFENCE_CONTROL_URL=self.url("rf_migrator", "control", acting_as="rf_owner"),
        )
        shadow = self.environment("rf_checker", RINGFENCE_CELL_URL=self.url("rf_checker", "shadow"))
        del shadow["RINGFENCE_CONTROL_URL"]
        jobs = [
            (("migrate", "--no-input", "--skip-checks", "-v0"), live),
            (("migrate", "--no-input", "--skip-checks", "-v0", "--database", "control"), live),
            (("migrate", "--no-input", "--skip-checks", "-v0"), shadow),
            (("rotate_context_key", "--file", str(self.directory / "context.key")), live),
            (("rotate_context_key", "--file", str(self.directory / "shadow.key")), shadow),
        ]
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda job: self.manage(*job[0], env=job[1]), jobs))

    def stop(self) -> None:
        """Stop the services and remove their files."""
        self.broker.stop()
        self.cluster.stop()
        self.cluster.remove()
        shutil.rmtree(self.directory, ignore_errors=True)


def new_stack(*, durable: bool = False) -> Stack:
    """Return a stack in a fresh private folder with a short path (sockets end at 107 bytes)."""
    return Stack(Path(tempfile.mkdtemp(prefix="rft-", dir="/tmp")), durable=durable)

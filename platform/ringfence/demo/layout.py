"""The demo's folder: what lies where below VAR, every folder 0700 and every secret random."""

import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ringfence.embedded import places
from ringfence.embedded.authority import AuthorityServer
from ringfence.embedded.bucket import BucketServer
from ringfence.embedded.errors import EmbeddedError
from ringfence.embedded.postgres import Cluster
from ringfence.embedded.valkey import Server

DEFAULT_PORT = 8000
NEEDED_MIB = 96
HOST = "127.0.0.1"

FOLDERS = (
    "env",
    "run",
    "log",
    "secrets",
    "gate",
    "checker",
    "keys",
    "signer",
    "witness-1",
    "witness-2",
    "mail",
    "beat",
    "bucket",
    "authority",
    "static",
    "unwraps",
    "admin-keys",
)

WITNESSES = ("witness-1", "witness-2")
"""Their folders, and the names of their processes."""

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
"""Roles that log in, each with a password of its own."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One demo: its folder and its port."""

    var: Path
    port: int

    @property
    def base_url(self) -> str:
        """The address a person opens."""
        return f"http://{HOST}:{self.port}"

    @property
    def postgres(self) -> Cluster:
        """The demo's PostgreSQL, running or not."""
        return Cluster(self.var / "postgres")

    @property
    def valkey(self) -> Server:
        """The demo's Valkey, running or not."""
        return Server(self.var / "valkey")

    @property
    def bucket(self) -> BucketServer:
        """The demo's S3 server, running or not."""
        return BucketServer(self.var / "bucket")

    @property
    def authority(self) -> AuthorityServer:
        """The demo's time-stamping authority, running or not."""
        return AuthorityServer(self.var / "authority")

    @property
    def people_file(self) -> Path:
        """The seed's word on who is there: base URL, tenants, people, passwords and API tokens, 0600."""
        return self.var / "demo.json"

    @property
    def context_key_file(self) -> Path:
        """The gate's keys, which sign tenant contexts."""
        return self.var / "gate" / "context.key"

    @property
    def shadow_key_file(self) -> Path:
        """The checker's keys, which sign contexts that only the shadow believes."""
        return self.var / "checker" / "context.key"

    @property
    def witness_policy_file(self) -> Path:
        """The policy that names the demo's witnesses, without the log that they cosign."""
        return self.var / "run" / "witnesses.policy"

    def witness_arguments(self, witness: str) -> Path:
        """Return the file with what a witness is told at its start."""
        return self.var / "run" / f"{witness}.arguments"

    def log_of(self, process: str) -> Path:
        """Return the log file of `process`."""
        return self.var / "log" / f"{process}.log"

    def environment_of(self, process: str) -> Path:
        """Return the file with the environment of `process`, 0600."""
        return self.var / "env" / f"{process}.env"

    def control_socket(self) -> Path:
        """Return the supervisor's control socket, in a folder short enough for it."""
        # The supervisor first binds the name with its process id behind it.
        return places.socket_folder(self.var / "run", "supervisor.sock.4194304") / "supervisor.sock"

    def make(self) -> None:
        """Make all folders. Raises `EmbeddedError`: not ours, not writable, or a full disk."""
        places.make_private(self.var)
        places.require_space(self.var, needed_mib=NEEDED_MIB)
        for name in FOLDERS:
            places.make_private(self.var / name)
        places.make_private(self.control_socket().parent)

    def secret(self, name: str) -> str:
        """Return the install's secret `name`, random, made at first use."""
        return places.secret_in(self.var / "secrets" / name)

    def role_passwords_file(self) -> Path:
        """Return the file that bootstrap reads: role -> password, as JSON, 0600."""
        path = self.var / "secrets" / "roles.json"
        passwords = {role: self.secret(f"{role}.password") for role in ROLES}
        places.write_private(path, json.dumps(passwords, indent=2) + "\n")
        return path

    def role_url(self, role: str, database: str, *, acting_as: str | None = None) -> str:
        """Return the address of `database` for `role`, which then acts as the role `acting_as`."""
        url = self.postgres.url(role, self.secret(f"{role}.password"), database)
        return url if acting_as is None else f"{url}&options=-c%20role%3D{acting_as}"

    def people(self) -> dict[str, Any] | None:
        """Return what the seed wrote, or None before it did."""
        try:
            found: dict[str, Any] = json.loads(self.people_file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise EmbeddedError(f"cannot read {self.people_file}: {error}; make reset") from error
        return found


def layout_from(environment: dict[str, str]) -> Layout:
    """Read VAR and PORT. Raises `EmbeddedError` for a port that is none."""
    text = environment.get("PORT") or str(DEFAULT_PORT)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise EmbeddedError(f"PORT={text} is not a port: give a number from 1024 to 65535")
    return Layout(var=Path(environment.get("VAR") or "var").absolute(), port=int(text))


def require_free_port(port: int) -> None:
    """Raise `EmbeddedError` when another program listens on `port`, or we may not."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            line.bind((HOST, port))
        except PermissionError as error:
            raise EmbeddedError(
                f"port {port} needs root: set PORT to a number from 1024 to 65535, as in: make demo PORT=8001"
            ) from error
        except OSError as error:
            raise EmbeddedError(
                f"port {port} is taken by another program: set PORT to a free one, "
                f"as in: make demo PORT={port + 1 if port < 65535 else port - 1}"
            ) from error


def process_environment() -> dict[str, str]:
    """Return what every process of ours inherits from the person's shell: where programs and home are."""
    kept = ("HOME", "PATH", "TMPDIR", places.SERVER_HOME_VARIABLE)
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONUNBUFFERED": "1",
    }

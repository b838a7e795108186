"""What could open a connection: every module of ours read for it, against a list with a reason for each."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from django.apps import apps

import ringfence

OUTWARDS = frozenset({
    "aiohttp", "asyncio", "boto3", "botocore", "django.core.mail", "ftplib", "grpc", "http.client", "http.server",
    "httpx", "hvac", "imaplib", "kombu", "multiprocessing.connection", "nntplib", "paramiko", "poplib", "psycopg",
    "pycurl", "redis", "requests", "smtplib", "socket", "socketserver", "ssl", "subprocess", "telnetlib", "tornado",
    "urllib.request", "urllib3", "valkey", "websocket", "websockets", "xmlrpc", "_socket", "_ssl",
})  # fmt: skip
"""Modules with which bytes can leave, and `subprocess`, with which another program can be told to send them."""

HARMLESS = frozenset({
    "kombu.exceptions", "psycopg.conninfo", "psycopg.errors", "psycopg.pq", "psycopg.rows", "psycopg.sql",
    "psycopg.types", "redis.exceptions",
})  # fmt: skip
"""Parts of them that connect to nothing."""

RUNNERS = frozenset(
    {
        "os.system",
        "os.popen",
        "os.execv",
        "os.execve",
        "os.execvp",
        "os.execvpe",
        "os.posix_spawn",
        "os.spawnv",
    }
)
"""Calls that start another program."""

EMBEDDED = "starts the wheels' own servers, on this machine"
DATABASE = "our own PostgreSQL, at the address in the settings"
DEMO = "the demo on this machine, seen from outside"
ALLOWED: Mapping[str, Mapping[str, str]] = {
    "tenants/egress/resolving.py": {"socket": "the outbound client: asks for a judged name"},
    "tenants/egress/wire.py": {
        "http.client": "the outbound client",
        "socket": "the outbound client: connects to a judged address",
        "ssl": "the outbound client",
    },
    "tenants/egress/client.py": {"http.client": "the outbound client", "ssl": "the outbound client"},
    "tenants/services/send_mail.py": {
        "django.core.mail": "mail through the operator's own server, a registered door",
        "smtplib": "names its errors",
    },
    "tenants/services/measure_health.py": {"kombu": "asks our own broker whether it answers"},
    "tenants/gate/probe.py": {"psycopg": DATABASE},
    "audit/witness/server.py": {
        "http.server": "the witness answers whoever asks it, and asks nobody",
        "socket": "names address families, and ends connections that dawdle",
    },
    "tenants/isolation/planted_calls.py": {
        "socket": "plants of EG-02; in force in the shadow's process alone"
    },
    "tenants/isolation/attempts.py": {"psycopg": "names its errors"},
    "tenants/isolation/probes/db_15.py": {"psycopg": DATABASE},
    "tenants/isolation/probes/pr_03.py": {"asyncio": "tasks in one process, no connection"},
    "tenants/isolation/runner.py": {"subprocess": "the shadow's process, a command of ours"},
    "audit/anchors/bucket.py": {
        "boto3": "writes hashes and commitments to the operator's bucket, a registered door, and reads them back",
        "botocore": "its settings, and the names of its errors",
    },
    "audit/database.py": {"psycopg": DATABASE},
    "audit/process.py": {"psycopg": DATABASE},
    "audit/sequencer/rounds.py": {"psycopg": DATABASE},
    "platform/ringfence/kernel/management/commands/bootstrap.py": {"psycopg": DATABASE},
    "platform/ringfence/embedded/authority.py": {
        "http.server": "listens, for the demo alone",
        "socket": "looks for a free port",
    },
    "platform/ringfence/embedded/binaries.py": {"subprocess": EMBEDDED},
    "platform/ringfence/embedded/bucket.py": {"socket": "looks for free ports"},
    "platform/ringfence/embedded/launch.py": {"os.execve": EMBEDDED},
    "platform/ringfence/embedded/postgres.py": {"subprocess": EMBEDDED},
    "platform/ringfence/embedded/process.py": {"subprocess": EMBEDDED},
    "platform/ringfence/embedded/valkey.py": {"socket": EMBEDDED},
    "platform/ringfence/demo/command.py": {"subprocess": DEMO},
    "platform/ringfence/demo/control.py": {"http.client": DEMO, "xmlrpc": DEMO},
    "platform/ringfence/demo/layout.py": {"socket": DEMO},
    "platform/ringfence/demo/lifetime.py": {"redis": DEMO, "subprocess": DEMO, "urllib.request": DEMO},
    "platform/ringfence/demo/preparation.py": {"subprocess": DEMO},
    "platform/ringfence/demo/witnesses.py": {"socket": "looks for free ports", "subprocess": DEMO},
}
"""file -> module -> why it may."""


PARTS = tuple(each.split(".") for each in sorted(OUTWARDS | RUNNERS))


@lru_cache(maxsize=2_000)
def outwards(text: str) -> frozenset[str]:
    """Return which of `OUTWARDS` and `RUNNERS` a module's text imports or calls, imports by name included."""
    # Whoever imports or calls one of them writes every part of its name: most modules need no parsing.
    if not any(all(part in text for part in parts) for parts in PARTS):
        return frozenset()
    return frozenset(found for node in ast.walk(ast.parse(text)) for found in _of_node(node))


def _of_node(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield from _among(alias.name)
    elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
        for alias in node.names:
            # `from http import client` names a module as well as `import http.client` does.
            yield from _among(node.module) or _among(f"{node.module}.{alias.name}")
            if f"{node.module}.{alias.name}" in RUNNERS:
                yield f"{node.module}.{alias.name}"
    elif isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        if called in RUNNERS:
            yield called
        first = node.args[0] if node.args else None
        if called.split(".")[-1] in {"import_module", "__import__"} and isinstance(first, ast.Constant):
            yield from _among(str(first.value))


def _among(module: str) -> list[str]:
    if any(module == each or module.startswith(f"{each}.") for each in HARMLESS):
        return []
    return [each for each in OUTWARDS if module == each or module.startswith(f"{each}.")]


def sources() -> list[tuple[str, str]]:
    """Return (name, text) of every module of the product, as it is installed here."""
    rooms = {name: Path(apps.get_app_config(name).path) for name in ("tenants", "annotation", "audit")}
    rooms["platform/ringfence"] = Path(ringfence.__file__).parent
    return [
        (f"{name}/{path.relative_to(room).as_posix()}", path.read_text(encoding="utf-8"))
        for name, room in sorted(rooms.items())
        for path in sorted(room.rglob("*.py"))
    ]


def strays(modules: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """Return what reaches outwards without standing in the list, by module."""
    found = {name: outwards(text) for name, text in modules}
    return {name: more for name, used in found.items() if (more := used - set(ALLOWED.get(name, ())))}

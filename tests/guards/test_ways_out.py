"""Nothing but the outbound client opens a connection outwards: whatever else could is listed with its reason."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.guards.repository import REPO, ROOMS, named

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
    "tenants/isolation/attempts.py": {"psycopg": "names its errors"},
    "tenants/isolation/probes/db_15.py": {"psycopg": DATABASE},
    "tenants/isolation/probes/pr_03.py": {"asyncio": "tasks in one process, no connection"},
    "tenants/isolation/runner.py": {"subprocess": "the shadow's process, a command of ours"},
    "audit/database.py": {"psycopg": DATABASE},
    "audit/process.py": {"psycopg": DATABASE},
    "audit/sequencer/rounds.py": {"psycopg": DATABASE},
    "platform/ringfence/kernel/management/commands/bootstrap.py": {"psycopg": DATABASE},
    "platform/ringfence/embedded/binaries.py": {"subprocess": EMBEDDED},
    "platform/ringfence/embedded/launch.py": {"os.execve": EMBEDDED},
    "platform/ringfence/embedded/postgres.py": {"subprocess": EMBEDDED},
    "platform/ringfence/embedded/process.py": {"subprocess": EMBEDDED},
    "platform/ringfence/embedded/valkey.py": {"socket": EMBEDDED},
    "platform/ringfence/demo/command.py": {"subprocess": DEMO},
    "platform/ringfence/demo/control.py": {"http.client": DEMO, "xmlrpc": DEMO},
    "platform/ringfence/demo/layout.py": {"socket": DEMO},
    "platform/ringfence/demo/lifetime.py": {"redis": DEMO, "subprocess": DEMO, "urllib.request": DEMO},
    "platform/ringfence/demo/preparation.py": {"subprocess": DEMO},
}
"""file -> module -> why it may."""


def outwards(text: str) -> set[str]:
    """Return which of `OUTWARDS` and `RUNNERS` a module's text imports or calls, imports by name included."""
    return {found for node in ast.walk(ast.parse(text)) for found in _of_node(node)}


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


def sources() -> list[Path]:
    return [REPO / "manage.py", *(path for room in ROOMS.values() for path in sorted(room.rglob("*.py")))]


def strays(paths: list[Path], name_of=named) -> dict[str, set[str]]:
    """Return what reaches outwards without standing in the list."""
    found = {name_of(path): outwards(path.read_text(encoding="utf-8")) for path in paths}
    return {name: more for name, used in found.items() if (more := used - set(ALLOWED.get(name, ())))}


def test_nothing_but_what_is_listed_reaches_outwards():
    assert len(sources()) > 300
    assert strays(sources()) == {}


def test_the_list_holds_nothing_that_is_gone():
    for name, modules in ALLOWED.items():
        assert outwards((REPO / name).read_text(encoding="utf-8")) >= set(modules), name
        assert all(len(reason) > 10 for reason in modules.values())


@pytest.mark.parametrize(
    "text",
    [
        "import socket",
        "import socket as harmless",
        "from socket import create_connection",
        "def f():\n    import http.client\n",
        "from http import client",
        "import http.client as c",
        "import urllib.request, json",
        "from urllib import request",
        "from urllib.request import urlopen",
        "import requests",
        "import httpx",
        "from boto3.session import Session",
        "import smtplib",
        "from django.core import mail",
        "from django.core.mail import send_mail",
        "import asyncio",
        "import redis",
        "from kombu import Connection",
        "import subprocess",
        "import os\nos.system('curl https://vendor.example')",
        "from os import system",
        "import importlib\nimportlib.import_module('socket')",
        "__import__('urllib.request')",
        "try:\n    import _socket\nexcept ImportError:\n    pass",
    ],
)
def test_a_planted_file_is_seen(tmp_path, text):
    planted = tmp_path / "planted.py"
    planted.write_text(text + "\n", encoding="utf-8")
    assert strays([planted], name_of=lambda path: path.name)


@pytest.mark.parametrize(
    "text",
    [
        "from urllib.parse import quote",
        "from http import HTTPStatus",
        "from redis.exceptions import RedisError",
        "import os\nos.getpid()",
    ],
)
def test_what_reaches_nowhere_is_let_be(text):
    assert outwards(text) == set()

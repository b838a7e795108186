"""Nothing but the outbound client opens a connection outwards: whatever else could is listed with its reason."""

import pytest

from tenants.isolation.reaching import ALLOWED, outwards, strays
from tests.guards.repository import REPO, ROOMS, named


def sources():
    paths = [REPO / "manage.py", *(path for room in ROOMS.values() for path in sorted(room.rglob("*.py")))]
    return [(named(path), path.read_text(encoding="utf-8")) for path in paths]


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
def test_a_planted_file_is_seen(text):
    assert strays([("planted.py", text + "\n")])


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

"""Being the checker in this process for a while, in the shadow or in the live cell."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connections

from tenants.gate.tokens import context_key
from tenants.keys import keyring
from tests.stack import Stack


@contextmanager
def checking(stack: Stack, database: str, key_file: str) -> Iterator[None]:
    """Be the checker in `database`, with the context keys that it believes."""
    at = connections.settings["default"]
    before, own_key, environ = dict(at), settings.CONTEXT_KEY_FILE, dict(os.environ)

    def become(values: dict[str, object], key: str | None) -> None:
        connections.close_all()
        at.update(values)
        settings.CONTEXT_KEY_FILE = key
        context_key.cache_clear()
        keyring._write_keys.clear()
        keyring._origins.clear()

    become(
        {"USER": "rf_checker", "PASSWORD": stack.passwords["rf_checker"], "NAME": database},
        str(stack.directory / key_file),
    )
    os.environ.update(stack.environment("rf_checker"))
    settings.SHADOW_KEY_FILE = str(stack.directory / "shadow.key")
    try:
        yield
    finally:
        become(before, own_key)
        settings.SHADOW_KEY_FILE = None
        os.environ.clear()
        os.environ.update(environ)

"""A key is unwrapped in one place, which writes down for whom: another caller would leave no note."""

import ast

import pytest

from tests.guards.repository import REPO, ROOMS, named

NOTED = "tenants/keys/unwrapping.py"
PORT = "platform/ringfence/crypto/bounded_keys.py"
"""Passes each call of the port on within a time limit; nobody but `tenants.keys` may make one."""


def unwraps(text: str) -> bool:
    """Say whether a module names the key service's `unwrap`: by a dot, or as a word given to `getattr`."""
    return any(
        (isinstance(node, ast.Attribute) and node.attr == "unwrap")
        or (isinstance(node, ast.Constant) and node.value == "unwrap")
        for node in ast.walk(ast.parse(text))
    )


def test_only_the_noted_way_unwraps() -> None:
    found = {
        named(path)
        for room in ROOMS.values()
        for path in room.rglob("*.py")
        if unwraps(path.read_text(encoding="utf-8"))
    }
    # What reconciles unwraps has a field of that name, and opens nothing.
    reading = "tenants/services/reconcile_unwraps.py"
    assert found == {NOTED, PORT, reading}
    assert ".unwrap(" not in (REPO / reading).read_text(encoding="utf-8")


def test_only_the_key_services_own_room_makes_what_passes_calls_on() -> None:
    makers = {
        named(path)
        for room in ROOMS.values()
        for path in room.rglob("*.py")
        if "BoundedKeyService(" in path.read_text(encoding="utf-8")
    }
    assert makers == {"tenants/keys/service.py"}


@pytest.mark.parametrize(
    "text", ["service.unwrap(ref, wrapped)", "open_it = service.unwrap", "getattr(service, 'unwrap')(ref)"]
)
def test_another_caller_is_seen(text: str) -> None:
    assert unwraps(text)
    assert not unwraps("from tenants.keys.unwrapping import unwrap\nunwrap(ref, wrapped, context={})\n")

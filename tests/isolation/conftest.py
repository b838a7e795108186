"""Targets in this process: the connection becomes the checker's, in the shadow or in the live cell."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.stack import Stack

if TYPE_CHECKING:
    from tenants.isolation.target import Target

# Rooms with models are imported inside the fixtures: pytest reads this file before Django is set up.


@pytest.fixture(scope="session", autouse=True)
def static_folder(stack: Stack) -> None:
    """Whoever serves pages here has a folder for static files, empty as it may be."""
    (stack.directory / "static").mkdir(exist_ok=True)


@pytest.fixture(scope="session")
def canaries(stack: Stack) -> None:
    """The two canary tenants, in the live cell, beside the operator whose log tells of the registry's changes."""
    from tenants.services.create_canaries import create_canaries
    from tests.tenants.operator import operator_workspace

    operator_workspace(stack)
    create_canaries()


@pytest.fixture
def live(stack: Stack, canaries: None) -> "Iterator[Target]":
    """The live cell, as the checker sees it."""
    from tenants.isolation.places import live_target
    from tests.isolation.checking import checking

    with checking(stack, "cell", "context.key"):
        yield live_target()


@pytest.fixture(scope="module")
def shadow(stack: Stack, canaries: None) -> "Iterator[Target]":
    """The shadow, inside a rehearsal with rows of both canaries."""
    from tenants.isolation.places import shadow_target
    from tenants.services.create_canaries import furnish_shadow
    from tests.isolation.checking import checking

    with checking(stack, "shadow", "shadow.key"):
        furnish_shadow()
        target = shadow_target()
        with target.rehearsal(seeded=True):
            yield target

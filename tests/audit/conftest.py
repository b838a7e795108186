"""Two tenants for each test, and the log's processes as plain objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest

# Models can be imported once the services run, and this file is read before that.
if TYPE_CHECKING:
    from audit.anchors.bucket import Place
    from tests.audit.logkeeping import Keeper
    from tests.stack import Stack
    from tests.world import Workspace


@pytest.fixture
def acme() -> Workspace:
    """One tenant."""
    from tests.world import new_workspace

    return new_workspace("Acme")


@pytest.fixture
def rival() -> Workspace:
    """Another one."""
    from tests.world import new_workspace

    return new_workspace("Rival")


@pytest.fixture
def keeper(stack: Stack) -> Iterator[Keeper]:
    """Sequencer and signer, run by hand, on the installation's signer folder."""
    from tests.audit.logkeeping import Keeper

    with Keeper(stack, shared=True) as keeper:
        yield keeper


@pytest.fixture
def superuser(stack: Stack) -> Iterator[psycopg.Connection]:
    """The one role that could, to take walls down and to look."""
    with psycopg.connect(stack.cluster.superuser_url("cell"), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def place() -> Iterator[Place]:
    """A bucket with Object Lock, whose names are those of random log ids."""
    from tests.bucket import bucket_server

    with bucket_server() as place:
        yield place

"""Two tenants for each test, and a look at what their logs were told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

# Models can be imported once the services run, and this file is read before that.
if TYPE_CHECKING:
    from tests.annotation.live import Processes
    from tests.annotation.windows import Opener
    from tests.stack import Stack
    from tests.world import Workspace

Logged = Callable[["Workspace", str], list[str]]


def _workspace(name: str) -> Workspace:
    from ringfence.kernel.permissions import Role
    from tests.world import new_workspace

    workspace = new_workspace(name)
    workspace.someone(Role.OWNER)
    return workspace


@pytest.fixture(scope="session", autouse=True)
def _static_files(stack: Stack) -> None:
    """Give WhiteNoise its folder, as set-up does: it warns about a missing one, and warnings are errors."""
    (stack.directory / "static").mkdir(exist_ok=True)


@pytest.fixture
def acme() -> Workspace:
    """One tenant."""
    return _workspace("acme")


@pytest.fixture
def rival() -> Workspace:
    """Another tenant, which wants to know about the first."""
    return _workspace("rival")


@pytest.fixture
def logged(stack: Stack) -> Callable[[Workspace, str], list[str]]:
    """Return a function: the ids of a tenant's events with one verb, as the superuser sees them."""

    def events(workspace: Workspace, verb: str) -> list[str]:
        with psycopg.connect(stack.cluster.superuser_url("cell")) as raw:
            found = raw.execute(
                "select id from audit.pending where tenant_id = %s and verb = %s order by n",
                (workspace.tenant_id, verb),
            )
            return [str(event_id) for (event_id,) in found]

    return events


@pytest.fixture(scope="module")
def server(stack: Stack) -> Iterator[Processes]:
    """A web server of its own, for browsers."""
    from annotation.templatetags.ui import MANIFEST
    from tests.annotation.live import Processes
    from tests.journeys.browsers import need_chromium

    need_chromium()
    if not MANIFEST.exists():
        pytest.skip("the workspace is not built (make ui)")
    processes = Processes(stack)
    processes.start_web()
    yield processes
    processes.stop()


@pytest.fixture
def opener(server: Processes, tmp_path: Path) -> Iterator[Opener]:
    """Open the workspace in browsers of their own."""
    from tests.annotation.windows import windows

    with windows(server, tmp_path) as opened:
        yield opened

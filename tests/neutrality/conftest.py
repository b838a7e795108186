"""Two rival workspaces for each test, and the operator whose log is told of every fact."""

from typing import Any

import pytest

from tests.ui.conftest import chromium, open_page  # noqa: F401 - fixtures of browser tests


@pytest.fixture(scope="session", autouse=True)
def operator(stack: Any) -> Any:
    """The operator's workspace, whose log is the platform log."""
    from tests.tenants.operator import operator_workspace

    return operator_workspace(stack)


@pytest.fixture
def acme() -> Any:
    """One workspace."""
    from tests.world import new_workspace

    return new_workspace("Acme")


@pytest.fixture
def rival() -> Any:
    """Its rival."""
    from tests.world import new_workspace

    return new_workspace("Rival")

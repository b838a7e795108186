"""Real services for every test that is not pure; each test makes its own two tenants and commits for real."""

import os

import pytest

from tests import box
from tests.stack import REPO, Stack, new_stack

PURE = ("tests/unit/", "tests/ground/", "tests/guards/static")
TOGETHER = ("journeys", "ground")
LEAST_SECONDS = 20.0
_stack: Stack | None = None


def pytest_configure(config: pytest.Config) -> None:
    """Start the services before test modules import models, unless only pure rooms were asked for."""
    global _stack
    wanted = [str(a) for a in config.args]
    shares_out = getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput")
    if shares_out or config.option.collectonly or all(any(p in a for p in PURE) for a in wanted):
        return
    _stack = new_stack()
    _stack.start()
    os.environ.update(_stack.environment())
    import django

    django.setup()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together, in one of several test processes, what shares something dear: a file, or a whole demo."""
    for item in items:
        place = item.path.relative_to(REPO / "tests").parts
        group = place[0] if place[0] in TOGETHER else "/".join(place)
        item.add_marker(pytest.mark.xdist_group(group))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    if _stack is not None:
        from django.db import connections

        connections.close_all()
        _stack.stop()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, visibly, a long test for which the box has no time left."""
    if item.get_closest_marker("long") and box.seconds_left() < LEAST_SECONDS:
        pytest.skip(f"the box of {box.SECONDS:.0f} s is full; TEST_LONG_SECONDS makes it larger")


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The running services."""
    assert _stack is not None
    return _stack

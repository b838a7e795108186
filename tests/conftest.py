"""Real services for every test that is not pure; each test makes its own two tenants and commits for real."""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests import box
from tests.stack import Stack, new_stack

PURE = ("tests/unit/", "tests/ground/", "tests/guards/static")
TOGETHER = ("journeys", "ground")
LEAST_SECONDS = 20.0
_stack: Stack | None = None

# A machine that is busy with something else makes no test fail.
settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")


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


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep together, in one of several test processes, what shares something dear: a file, or a whole demo.

    A scheduler of our own, because that of `--dist loadgroup` relies on an attribute that pytest 9.2 no
    longer has, and then shares out single tests without a word (pytest-xdist 3.8, `remote.py`).
    """
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return Together(config, log)


def group_of(nodeid: str) -> str:
    """Return what a test is kept together with: its file, or the folder whose tests share one demo."""
    file = nodeid.partition("::")[0]
    folder = file.removeprefix("tests/").partition("/")[0]
    return folder if folder in TOGETHER else file


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    if _stack is not None:
        from django.db import connections

        from tests.audit.logkeeping import Keeper

        Keeper.stop_shared()
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

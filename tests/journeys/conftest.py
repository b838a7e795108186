"""The demo that all journeys of a run share, healthy when a test begins."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.demo_install import DemoInstall, new_install


@pytest.fixture(scope="session")
def running_demo(request: pytest.FixtureRequest) -> Iterator[DemoInstall]:
    """One demo, started once and removed at the end, also when tests fail."""
    _once_in_a_run(request.config)
    install = new_install()
    try:
        install.start()
        yield install
    finally:
        install.remove()


def _once_in_a_run(config: pytest.Config) -> None:
    """Fail where a second test process would start a demo too: it costs minutes, and nobody would notice."""
    worker = getattr(config, "workerinput", None)
    if worker is not None:
        mark = Path(tempfile.gettempdir(), f"ringfence-journeys-{worker['testrunuid']}")
        try:
            mark.touch(exist_ok=False)
        except FileExistsError:
            pytest.fail("the journeys are shared out over several test processes: see tests/conftest.py")


@pytest.fixture
def demo(running_demo: DemoInstall) -> DemoInstall:
    """The demo, healthy."""
    running_demo.settle()
    return running_demo


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for what a person downloads."""
    return tmp_path

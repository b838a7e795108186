"""The demo that all journeys of a run share, healthy when a test begins."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.demo_install import DemoInstall, new_install


@pytest.fixture(scope="session")
def running_demo() -> Iterator[DemoInstall]:
    """One demo, started once and removed at the end, also when tests fail."""
    install = new_install()
    try:
        install.start()
        yield install
    finally:
        install.remove()


@pytest.fixture
def demo(running_demo: DemoInstall) -> DemoInstall:
    """The demo, healthy."""
    running_demo.settle()
    return running_demo


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for what a person downloads."""
    return tmp_path

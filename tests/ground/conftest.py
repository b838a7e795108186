"""Folders for real servers: short, private, and removed with everything in them."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ringfence.embedded.postgres import Cluster
from ringfence.embedded.valkey import Server


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path, since the path of a socket ends at 107 bytes."""
    made = Path(tempfile.mkdtemp(prefix="rfg-", dir="/tmp"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def new_cluster(folder: Path) -> Iterator[Callable[..., Cluster]]:
    """Makes clusters below the folder, and removes them."""
    made: list[Cluster] = []

    def new(name: str = "postgres", *, durable: bool = False) -> Cluster:
        cluster = Cluster(folder / name, durable=durable)
        made.append(cluster)
        return cluster

    yield new
    for cluster in made:
        cluster.stop()
    for cluster in made:
        cluster.remove()


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    """A Valkey that is not started yet."""
    made = Server(folder / "valkey")
    yield made
    made.stop()
    made.remove()

"""A disk that fills up at each step of a start: one line, nothing half-made, the next start works."""

import os
import subprocess
from pathlib import Path

import pytest

from ringfence.embedded import places, postgres, valkey
from ringfence.embedded.errors import EmbeddedError
from ringfence.embedded.postgres import Cluster
from ringfence.embedded.valkey import Server

pytestmark = pytest.mark.ground


@pytest.fixture
def small_disk(folder):
    """A disk of 200 MiB, in memory."""
    place = folder / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200m,mode=0755", "ringfence-test", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"needs the right to mount a small disk: {done.stderr.strip()}")
    folder.chmod(0o711)
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path, *, leave_mib: int) -> Path:
    """Fill `disk` until `leave_mib` are free, and return the file that does."""
    filler = disk / "filler"
    left = os.statvfs(disk)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, left.f_bavail * left.f_frsize - leave_mib * 1024 * 1024)
    return filler


@pytest.fixture
def cluster(small_disk, monkeypatch):
    """A cluster whose data lie on the small disk, as root or not."""
    monkeypatch.setenv(places.SERVER_HOME_VARIABLE, str(small_disk / "home"))
    made = Cluster(small_disk / "postgres", durable=False)
    yield made
    made.stop()
    made.remove()


def test_too_small_a_disk_is_named_before_anything_is_made(cluster):
    with pytest.raises(
        EmbeddedError, match=r"disk of .* is full: \d+ MiB free, 256 MiB needed; free some space"
    ):
        cluster.start()
    assert not cluster.data.exists()


@pytest.mark.parametrize("leave_mib", [20, 45])
def test_a_disk_that_fills_while_the_cluster_is_made_leaves_nothing_half_made(
    cluster, small_disk, monkeypatch, leave_mib
):
    monkeypatch.setattr(postgres, "FIRST_START_MIB", 0)
    monkeypatch.setattr(postgres, "LATER_START_MIB", 0)
    filler = fill(small_disk, leave_mib=leave_mib)

    with pytest.raises(EmbeddedError, match="free some space") as failed:
        cluster.start()

    assert "\n" not in str(failed.value)
    assert not cluster.data.exists()
    filler.unlink()
    cluster.start()
    assert cluster.is_ready()


def test_a_full_disk_at_a_later_start_is_one_line_and_keeps_the_data(cluster, small_disk, monkeypatch):
    monkeypatch.setattr(postgres, "FIRST_START_MIB", 0)
    cluster.start()
    cluster.stop()
    filler = fill(small_disk, leave_mib=1)

    with pytest.raises(EmbeddedError, match="is full"):
        cluster.start()

    filler.unlink()
    cluster.start()
    assert cluster.is_ready()


def test_valkey_on_a_full_disk_is_one_line(small_disk, monkeypatch):
    monkeypatch.setattr(valkey, "NEEDED_MIB", 4)
    server = Server(small_disk / "valkey")
    fill(small_disk, leave_mib=2)
    with pytest.raises(EmbeddedError, match=r"is full: \d MiB free, 4 MiB needed"):
        server.start()

"""A folder's lock lasts exactly as long as the processes that were given it."""

import signal
import subprocess
import sys

import pytest

from ringfence.embedded import process
from ringfence.embedded.errors import EmbeddedError
from ringfence.embedded.process import FolderLock, ServerProcess


@pytest.fixture
def sleeper(tmp_path):
    """A server that does nothing, holding the folder's lock."""
    server = ServerProcess(name="sleeper", stop_signal=signal.SIGTERM, death_signal=signal.SIGKILL)
    lock = FolderLock(tmp_path / "lock")
    lock.take(living=lambda: None)
    server.start(["/bin/sleep", "60"], log=tmp_path / "log", lock=lock, user=None)
    lock.drop()
    yield server
    server.stop()


@pytest.fixture
def other(tmp_path):
    return FolderLock(tmp_path / "lock")


def test_the_server_holds_the_lock_after_its_starter_let_go(sleeper, other):
    assert not other.is_free()
    with pytest.raises(EmbeddedError, match="somebody lives here"):
        other.take(living=lambda: "somebody lives here")


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_the_lock_ends_with_the_server_however_it_ends(sleeper, other, end):
    getattr(sleeper, end)()
    assert other.is_free()
    other.take(living=lambda: "somebody lives here")
    assert not FolderLock(other.path).is_free()
    other.drop()
    assert other.is_free()


def test_what_is_left_of_a_killed_server_is_waited_for(sleeper, other):
    def nobody_names_itself():
        sleeper.kill()

    other.take(living=nobody_names_itself)
    other.drop()


def test_what_never_ends_is_one_line_after_a_while(sleeper, other, monkeypatch):
    monkeypatch.setattr(process, "ORPHANS_END_SECONDS", 0.1)
    with pytest.raises(EmbeddedError, match=r"another server still holds .*lock: stop it"):
        other.take(living=lambda: None)


def test_a_folder_that_never_had_a_server_is_free(tmp_path):
    assert FolderLock(tmp_path / "none").is_free()


def test_a_server_that_ends_before_it_is_ready_says_why(tmp_path):
    server = ServerProcess(name="false", stop_signal=signal.SIGTERM, death_signal=signal.SIGKILL)
    lock = FolderLock(tmp_path / "lock")
    lock.take(living=lambda: None)
    server.start(["/bin/false"], log=tmp_path / "log", lock=lock, user=None)
    lock.drop()
    with pytest.raises(EmbeddedError, match="because of this"):
        server.wait_until(lambda: False, seconds=20, why_ended=lambda: "because of this")


def test_a_server_that_ignores_the_stop_signal_is_killed(tmp_path):
    server = ServerProcess(name="stubborn", stop_signal=signal.SIGTERM, death_signal=signal.SIGKILL)
    lock = FolderLock(tmp_path / "lock")
    lock.take(living=lambda: None)
    deaf = "import signal; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
    server.start([sys.executable, "-c", deaf], log=tmp_path / "log", lock=lock, user=None)
    lock.drop()
    server.wait_until(
        lambda: "deaf" in (tmp_path / "log").read_text(), seconds=20, why_ended=lambda: "it should not"
    )

    server.stop(seconds=0.2)

    assert FolderLock(tmp_path / "lock").is_free()


def test_the_servers_environment_holds_none_of_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("SOME_SECRET", "ours")
    server = ServerProcess(name="env", stop_signal=signal.SIGTERM, death_signal=signal.SIGKILL)
    lock = FolderLock(tmp_path / "lock")
    lock.take(living=lambda: None)
    server.start(["/usr/bin/env"], log=tmp_path / "log", lock=lock, user=None)
    lock.drop()
    with pytest.raises(EmbeddedError):
        server.wait_until(lambda: False, seconds=20, why_ended=lambda: "ended")

    said = (tmp_path / "log").read_text()

    assert "TZ=UTC" in said
    assert "SOME_SECRET" not in said
    assert subprocess.run(["/usr/bin/env"], capture_output=True, text=True, check=True).stdout.count(
        "SOME_SECRET"
    )

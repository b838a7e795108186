"""A demo that cannot start says so in one line that names what to change, and leaves nothing running."""

import os
import socket
import subprocess
import sys

import pytest

from ringfence.demo.layout import Layout
from ringfence.demo.supervise import reset

pytestmark = pytest.mark.ground


def demo(command, var, port):
    done = subprocess.run(
        [sys.executable, "-m", "ringfence.demo.supervise", command],
        env={**os.environ, "VAR": str(var), "PORT": str(port)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stderr.strip()


def assert_one_line(answer, *, naming):
    code, said = answer
    assert code == 1
    assert naming in said
    assert len(said.splitlines()) == 1


def test_a_taken_port_is_named_with_one_that_may_be_free(folder):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        answer = demo("start", folder / "var", port)
    assert_one_line(answer, naming=f"port {port} is taken by another program: set PORT to a free one")
    reset(Layout(folder / "var", port))
    assert not (folder / "var").exists()


def test_a_port_that_is_none_is_refused_before_anything_is_made(folder):
    assert_one_line(demo("start", folder / "var", "http"), naming="PORT=http is not a port")
    assert not (folder / "var").exists()


def test_a_var_that_cannot_be_made_is_refused(folder):
    (folder / "file").write_text("")
    assert_one_line(
        demo("start", folder / "file" / "var", 8000), naming="set VAR to a folder that you can write"
    )


def test_a_var_that_is_open_to_others_is_refused_and_not_changed(folder):
    (folder / "var").mkdir(mode=0o755)
    assert_one_line(demo("start", folder / "var", 8000), naming="is open to other users: chmod 700 it")
    assert (folder / "var").stat().st_mode & 0o777 == 0o755


def test_stopping_and_asking_when_nothing_runs_is_no_failure(folder):
    assert demo("stop", folder / "var", 8000)[0] == 0
    assert demo("status", folder / "var", 8000)[0] == 3

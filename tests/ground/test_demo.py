"""The whole demo: started, looked at, crashed piece by piece, stopped, started again with all in it."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509

from audit.verify.judge import judge
from ringfence.demo.control import Supervisor
from ringfence.demo.layout import Layout
from ringfence.demo.supervise import reset

pytestmark = pytest.mark.ground
LOG = {"sequencer", "signer", "publisher", "witness-1", "witness-2", "anchor", "timestamp"}
SERVICES = {"web", "worker", "beat", "checker", "postgres", "valkey", "bucket", "authority"} | LOG


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as line:
        return line.getsockname()[1]


class RunningDemo:
    """A demo in a folder of its own, driven by the same commands as make's."""

    def __init__(self, layout):
        self.layout = layout

    def command(self, *words):
        return [sys.executable, "-m", "ringfence.demo.supervise", *words]

    def environment(self):
        return {**os.environ, "VAR": str(self.layout.var), "PORT": str(self.layout.port)}

    def say(self, *words):
        done = subprocess.run(
            self.command(*words),
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def states(self):
        return {state.name: state for state in Supervisor(self.layout).states()}

    def healthy(self):
        try:
            with urllib.request.urlopen(f"{self.layout.base_url}/healthz", timeout=10) as answer:  # noqa: S310 - our own
                return answer.status == 200
        except urllib.error.HTTPError as error:
            error.close()
            return False
        except OSError:
            return False

    def becomes(self, wanted, seconds=60):
        """Wait until `wanted()` is true; tell whether it became so."""
        deadline = time.monotonic() + seconds
        while not wanted():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """One demo for all tests of this file, running when a test begins."""
    made = RunningDemo(Layout(tmp_path_factory.mktemp("demo") / "var", free_port()))
    code, said = made.say("start", "--detach")
    assert code == 0, said
    yield made
    made.say("stop")
    reset(made.layout)
    assert not made.layout.postgres.place.exists()
    # Nothing is left in a folder that was ours alone.
    assert not made.layout.var.exists()


def test_it_is_healthy_says_where_it_is_and_a_second_start_is_one_line(demo):
    code, said = demo.say("status")
    assert (code, demo.healthy()) == (0, True), said
    assert {state.state for state in demo.states().values()} == {"RUNNING"}
    assert set(demo.states()) == SERVICES

    code, said = demo.say("start")

    assert code == 1
    assert f"already runs on {demo.layout.var} ({demo.layout.base_url})" in said
    assert len(said.strip().splitlines()) == 1
    assert demo.healthy()


def test_everything_it_wrote_is_for_its_owner_alone(demo):
    # The S3 server sets modes of its own, in a folder that nobody else enters.
    data = demo.layout.var / "bucket" / "data"
    there = [
        path for path in demo.layout.var.rglob("*") if not path.is_symlink() and data not in path.parents
    ]
    assert data in there
    open_to_others = [str(path) for path in there if stat.S_IMODE(path.lstat().st_mode) & 0o077]
    assert open_to_others == []


def test_demo_json_holds_what_scripts_need(demo):
    people = json.loads(demo.layout.people_file.read_text())
    assert people["base_url"] == demo.layout.base_url
    assert {"tenants", "people", "start", "first_project"} <= people.keys()


def test_a_bundle_of_it_brings_a_time_stamp_that_its_own_authority_proves(demo):
    root = x509.load_pem_x509_certificate(demo.layout.authority.root.read_bytes())
    told = demo.layout.people()
    place, token = next(each for each in told["tokens"].items() if each[0].endswith(":owner"))
    found = []

    def stamped():
        found[:] = judge(asked(demo, place, token, "audit/bundles", b"{}"), None, trusted=[root]).stamps
        return bool(found)

    assert demo.becomes(stamped, seconds=180)
    assert all(each.proven for each in found)
    assert found[-1].led.checkpoint.size > 0


def asked(demo, place, token, path, body):
    request = urllib.request.Request(  # noqa: S310 - our own
        f"{demo.layout.base_url}/api/v1/{place.partition(':')[0]}/{path}",
        body,
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - our own
        return answer.read()


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_killed_process_is_back_and_the_demo_healthy_again(demo, name):
    before = demo.states()[name].pid
    os.kill(before, signal.SIGKILL)

    assert demo.becomes(lambda: demo.states()[name].pid not in (0, before))
    assert demo.becomes(demo.healthy)


def test_its_processes_see_nothing_of_the_shell_that_started_it(demo):
    """The supervisor's own environment is what every process would inherit by accident."""
    for state in demo.states().values():
        with open(f"/proc/{state.pid}/environ", encoding="utf-8") as file:
            names = {entry.partition("=")[0] for entry in file.read().split("\0") if entry}
        assert "PYTEST_CURRENT_TEST" not in names


def test_ctrl_c_stops_everything_and_the_next_start_has_the_same_people(demo):
    people = json.loads(demo.layout.people_file.read_text())
    demo.say("stop")
    pids = set()
    with subprocess.Popen(
        demo.command("start"),
        env=demo.environment(),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        for line in running.stdout:
            if "Ctrl-C stops it" in line:
                break
        pids = {state.pid for state in demo.states().values()}
        running.send_signal(signal.SIGINT)
        said = running.stdout.read()

    assert running.returncode == 0
    assert "stopped" in said
    assert [pid for pid in pids if os.path.exists(f"/proc/{pid}")] == []
    assert demo.say("start", "--detach")[0] == 0
    assert json.loads(demo.layout.people_file.read_text()) == people


def test_a_killed_supervisor_leaves_nothing_behind_that_stops_the_next_start(demo):
    supervisor = int((demo.layout.var / "run" / "supervisor.pid").read_text())
    os.kill(supervisor, signal.SIGKILL)

    code, said = demo.say("start", "--detach")

    assert code == 0, said
    assert demo.becomes(demo.healthy)


def test_a_start_waits_for_a_database_that_has_not_ended_yet(demo):
    supervisor = int((demo.layout.var / "run" / "supervisor.pid").read_text())
    database = demo.states()["postgres"].pid
    # It is told to end with its supervisor, and a busy machine does not let it write its last checkpoint yet.
    children = Path(f"/proc/{database}/task/{database}/children").read_text().split()
    (writer,) = [int(pid) for pid in children if b"checkpointer" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(writer, signal.SIGSTOP)
    os.kill(supervisor, signal.SIGKILL)
    with subprocess.Popen(
        demo.command("start", "--detach"), env=demo.environment(), stdout=subprocess.PIPE, text=True
    ) as running:
        said = ""
        try:
            for line in running.stdout:
                said += line
                if "waiting for the servers" in line:
                    break
        finally:
            os.kill(writer, signal.SIGCONT)
        said += running.stdout.read()

    assert running.returncode == 0, said
    assert "waiting for the servers of a demo that was killed to end" in said
    assert demo.becomes(demo.healthy)


def test_two_starts_at_once_give_one_demo_and_one_line(demo):
    demo.say("stop")
    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(lambda _: demo.say("start", "--detach"), range(2)))
    assert [code for code, _ in answers] == [0, 1]
    assert len(answers[1][1].strip().splitlines()) == 1
    assert demo.becomes(demo.healthy)

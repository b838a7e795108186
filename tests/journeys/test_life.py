"""Stop and start: what was acknowledged is there, and the log goes on where it was."""

import os

import pytest

from tests.journeys.demo_install import children_of
from tests.journeys.desk import Desk


@pytest.mark.long
@pytest.mark.parametrize("how", ["stop", "kill -9 of the supervisor"])
def test_a_second_start_has_everything(demo, how):
    desk = Desk(demo)
    desk.admit("Lena Brandt")
    desk.fill(5)
    desk.label(2)
    everybody = demo.all_pids()
    if how == "stop":
        assert demo.say("stop")[0] == 0
    else:
        supervisor = int((demo.layout.var / "run" / "supervisor.pid").read_text())
        os.kill(supervisor, 9)
    demo.until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in everybody), "every process ends")

    demo.start()

    desk.label(2)
    assert desk.all_is_in_the_log(desk.nothing_is_lost()) == 4


@pytest.mark.parametrize("name", ["web", "worker", "checker"])
def test_no_child_outlives_its_killed_process(demo, name):
    """A web worker that lived on would answer with the code and keys of before, and hold the port."""
    children = set(children_of(demo.pid_of(name)))
    assert children
    demo.kill(name)
    demo.until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in children), "its children end", 30)
    demo.settle()


def test_a_web_worker_that_is_replaced_stays(demo):
    """Children end with the server's main process, and with nothing else of it."""
    first = demo.kill_child("web")
    main = demo.pid_of("web")
    demo.until(lambda: len(children_of(main)) >= 2 and first not in children_of(main), "it is replaced")
    demo.settle()
    assert demo.pid_of("web") == main

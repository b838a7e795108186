"""Stop and start: what was acknowledged is there, and the log goes on where it was."""

import os

import pytest

from tests.journeys.desk import Desk

pytestmark = pytest.mark.long


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

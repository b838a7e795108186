"""`/healthz` names what has stopped and is good again when it is back, for each component in turn."""

import os
import signal
import time

import pytest

NAMED = {
    "postgres": {"cell", "control"},
    "valkey": {"broker", "cache"},
    "worker": {"worker"},
    "checker": {"checker"},
    "beat": {"beat"},
    "sequencer": {"sequencer"},
    "signer": {"signer"},
    "publisher": {"publisher"},
}
"""Process -> components that the health page must name when it is stopped."""

WITH_THE_LONG_ONES = {"beat", "checker", "sequencer", "publisher"}
"""Each is measured like another one that stays: beat and checker like the worker, the log's others like the signer."""

PROMISED_DOWN, PROMISED_BACK = 5.0, 10.0
PATIENCE_SECONDS = 60.0
"""Other people's machines are slower: the promise is printed beside the measure, and patience is what fails."""


def told(process, down, back):
    late = "" if down <= PROMISED_DOWN and back <= PROMISED_BACK else "  (slower than promised)"
    print(f"\nhealthz: {process}: named after {down:.1f} s, well again {back:.1f} s after its return{late}")


@pytest.mark.parametrize(
    "process",
    [
        pytest.param(process, marks=pytest.mark.long if process in WITH_THE_LONG_ONES else ())
        for process in sorted(NAMED)
    ],
)
def test_a_stopped_component_is_named_and_its_return_is_seen(demo, process):
    def named():
        code, said = demo.healthz()
        return code == 503 and set(said["stopped"]) == NAMED[process]

    with demo.without(process):
        down = demo.until_steady(named, f"healthz names {process} and blames nothing else", PATIENCE_SECONDS)
    back = demo.until_steady(demo.healthy, f"healthz is good after the return of {process}", PATIENCE_SECONDS)
    told(process, down, back)


def test_without_the_web_process_nothing_answers_and_then_all_is_well(demo):
    with demo.without("web"):
        assert demo.healthz() == (0, {})
    told("web", 0.0, demo.until_steady(demo.healthy, "the web process answers again", PATIENCE_SECONDS))


@pytest.mark.long
def test_a_process_that_hangs_is_named_too(demo):
    """A stopped process still holds its connections: only its missing pulse tells."""
    pid = demo.pid_of("sequencer")
    os.kill(pid, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        demo.until(
            lambda: "sequencer" in demo.healthz()[1].get("stopped", []), "the hanging sequencer is named", 60
        )
        down = time.monotonic() - begun
    finally:
        os.kill(pid, signal.SIGCONT)
    told("sequencer, hanging", down, demo.until_steady(demo.healthy, "it goes on", PATIENCE_SECONDS))


def test_the_health_page_says_no_more_than_names_and_states(demo):
    code, said = demo.healthz()
    assert code == 200
    assert set(said) == {"ok", "stopped", "components"}
    assert set(said["components"].values()) == {"up"}
    expected = {component for named in NAMED.values() for component in named}
    assert expected <= set(said["components"])

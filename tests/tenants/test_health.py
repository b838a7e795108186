"""`/healthz` names what stopped, one component at a time, and is good again when it returns."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.cache import cache

from tenants.liveness import LIFE_SECONDS, PROCESSES, pulse_key, start_pulse
from tenants.services import measure_health
from tests.tenants.browser import Visitor

LOG = ["sequencer", "signer", "publisher"]
ALL = ["cell", "control", "broker", "cache", "disk", "worker", "checker", "beat", *LOG]


@pytest.fixture
def healthy(stack: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A platform whose every process has a pulse, as the processes themselves would write it."""
    monkeypatch.setattr(measure_health, "MEMO_SECONDS", -1.0)
    cache.set_many({pulse_key(process): 1 for process in PROCESSES}, timeout=60)
    beat(stack, 60)
    yield stack
    cache.delete_many([pulse_key(process) for process in PROCESSES])


def beat(stack: Any, seconds: float, process: str = "") -> None:
    """Write heartbeats of the log's processes, each under its own role, as of some seconds from now."""
    for name in [process] if process else LOG:
        with psycopg.connect(stack.url(f"rf_{name}", "cell")) as connection:
            connection.execute(
                "insert into audit.heartbeat (process, at) values (%s, clock_timestamp() + %s * interval '1 s')"
                " on conflict (process) do update set at = excluded.at",
                [name, seconds],
            )


def ask() -> tuple[int, dict[str, Any]]:
    answer = Visitor().get("/healthz")
    return answer.status_code, answer.json()


def test_everything_up_is_200(healthy: Any) -> None:
    assert ask() == (200, {"ok": True, "stopped": [], "components": dict.fromkeys(ALL, "up")})


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_without_pulse_is_named(healthy: Any, process: str) -> None:
    cache.delete(pulse_key(process))
    status, body = ask()
    assert (status, body["stopped"]) == (503, [process])
    cache.set(pulse_key(process), 1, timeout=60)
    assert ask()[0] == 200


@pytest.mark.parametrize("process", LOG)
def test_a_late_log_process_is_named(healthy: Any, process: str) -> None:
    beat(healthy, -measure_health.LATE_SECONDS, process)
    status, body = ask()
    assert (status, body["stopped"]) == (503, [process])


@pytest.mark.parametrize(
    ("alias", "component", "unknown"),
    [("default", "cell", set(LOG)), ("control", "control", set())],
)
def test_a_database_that_does_not_answer_is_named(
    healthy: Any, settings_of_django: Any, alias: str, component: str, unknown: set[str], monkeypatch: Any
) -> None:
    from django.conf import settings

    broken = {**settings.DATABASES[alias], "HOST": "/nonexistent"}
    monkeypatch.setitem(settings.DATABASES, alias, broken)
    status, body = ask()
    assert (status, body["stopped"]) == (503, [component])
    assert {name for name, state in body["components"].items() if state == "unknown"} == unknown


def test_a_broker_that_does_not_answer_is_named(healthy: Any, settings_of_django: Any) -> None:
    settings_of_django.BROKER_URL = "redis://127.0.0.1:9/0"
    assert ask()[1]["stopped"] == ["broker"]


def test_a_cache_that_does_not_answer_is_named_and_hides_no_pulse_as_stopped(healthy: Any) -> None:
    from django.conf import settings
    from django.test import override_settings

    broken = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/1"}}
    with override_settings(CACHES=broken):
        status, body = ask()
    assert (status, body["stopped"]) == (503, ["cache"])
    assert {body["components"][process] for process in PROCESSES} == {"unknown"}


def test_a_full_disk_is_named(healthy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure_health, "FREE_MIB", 2**40)
    assert ask()[1]["stopped"] == ["disk"]


def test_a_component_that_hangs_is_down_and_hides_no_other(
    healthy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    free = threading.Event()
    monkeypatch.setattr(measure_health, "DEADLINE_SECONDS", 0.3)
    monkeypatch.setattr(measure_health, "_ask_broker", lambda: free.wait(30))
    try:
        assert ask()[1]["stopped"] == ["broker"]
    finally:
        free.set()


def test_the_answer_names_components_and_no_reason(healthy: Any, settings_of_django: Any) -> None:
    settings_of_django.BROKER_URL = "redis://:a-password@127.0.0.1:9/0"
    text = str(ask())
    assert "a-password" not in text
    assert str(Path(healthy.directory)) not in text


def test_a_pulse_is_written_and_ends_with_its_process() -> None:
    name = pulse_key("test")
    cache.delete(name)
    stop = start_pulse("test")
    try:
        for _ in range(10_000):
            if cache.get(name) == 1:
                break
        assert cache.get(name) == 1
        assert 0 < cache._cache.get_client().ttl(cache.make_key(name)) <= LIFE_SECONDS
    finally:
        stop.set()

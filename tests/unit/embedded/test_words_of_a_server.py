"""What a server says at its end becomes one line that says what to do."""

from pathlib import Path

import pytest

from ringfence.embedded import postgres, valkey
from ringfence.embedded.postgres_configuration import CLIENT_AUTHENTICATION, server_configuration


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ('x FATAL:  could not write lock file "postmaster.pid": No space left on device', "disk is full"),
        (
            "x FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use",
            "still run on this data",
        ),
        ("x FATAL:  could not map anonymous shared memory: Cannot allocate memory", "not enough memory"),
        ('x LOG:  starting\nx FATAL:  data directory "d" has wrong ownership', "has wrong ownership"),
        ("the disk of /d is full: 1 MiB free", "the disk of /d is full: 1 MiB free"),
        ("", "PostgreSQL ended at its start"),
    ],
)
def test_postgres_is_translated(tmp_path, said, line):
    log = tmp_path / "log"
    log.write_text(said)

    answer = postgres.why_ended(log)

    assert line in answer
    assert "\n" not in answer


def test_only_what_was_said_since_the_start_counts(tmp_path):
    log = tmp_path / "log"
    log.write_text("x FATAL:  yesterday's trouble\n")
    before = log.stat().st_size
    with log.open("a") as file:
        file.write("x FATAL:  today's trouble\n")

    assert "today's" in postgres.why_ended(log, before)
    assert "yesterday's" not in postgres.why_ended(log, before)


def test_a_missing_log_is_no_second_failure(tmp_path):
    assert "ended at its start" in postgres.why_ended(tmp_path / "none")
    assert "ended at its start" in valkey.why_ended(tmp_path / "none")


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            "1:M 1 Jan 2026 10:00:00.000 # Can't open the append-only file: No space left on device",
            "disk is full",
        ),
        ("1:M 1 Jan # Bad file format reading the append only file", "damaged"),
        (
            "1:M 1 Jan 2026 10:00:00.000 # Failed opening Unix socket: bind: Permission denied",
            "Failed opening Unix",
        ),
        ("Valkey already runs on /d", "Valkey already runs on /d"),
    ],
)
def test_valkey_is_translated(tmp_path, said, line):
    log = tmp_path / "log"
    log.write_text(said)
    assert line in valkey.why_ended(log)


def test_the_server_is_told_to_open_one_socket_and_no_port():
    text = server_configuration(Path("/run/it's"), port=5432, durable=True)
    assert "listen_addresses = ''" in text
    assert "unix_socket_directories = '/run/it''s'" in text


@pytest.mark.parametrize("durable", [True, False])
def test_only_a_test_cluster_gives_up_its_disk(durable):
    text = server_configuration(Path("/run"), port=5432, durable=durable)
    assert ("fsync = on" in text) is durable
    assert ("full_page_writes = on" in text) is durable


@pytest.mark.parametrize("name", ["a,b", 'a"b', "a\nb"])
def test_a_folder_that_the_configuration_cannot_hold_is_refused(name):
    with pytest.raises(ValueError, match="cannot have its socket"):
        server_configuration(Path("/run") / name, port=5432, durable=True)


def test_nobody_enters_without_a_password():
    rules = [line for line in CLIENT_AUTHENTICATION.splitlines() if line and not line.startswith("#")]
    assert rules == ["local all all scram-sha-256"]

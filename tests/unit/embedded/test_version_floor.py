"""The server's version is read from its own words, and an old one is refused."""

import pytest

from ringfence.embedded.binaries import (
    POSTGRES_FLOOR,
    parse_postgres_version,
    postgres_in_wheel,
    postgres_version,
    require_postgres_floor,
)
from ringfence.embedded.errors import EmbeddedError
from ringfence.kernel.database import below_floor


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("postgres (PostgreSQL) 18.6", (18, 6)),
        ("postgres (PostgreSQL) 15.19 (Debian 15.19-0+deb12u1)\n", (15, 19)),
        ("postgres (PostgreSQL) 19beta2", (19, 0)),
        ("postgres (PostgreSQL) 18devel", (18, 0)),
    ],
)
def test_the_version_is_read_from_what_the_server_prints(said, version):
    assert parse_postgres_version(said) == version


@pytest.mark.parametrize("said", ["", "postgres: command not found", "mysqld 8.0", "(PostgreSQL) x.y"])
def test_another_program_is_not_taken_for_postgres(said):
    with pytest.raises(EmbeddedError, match="not a PostgreSQL server"):
        parse_postgres_version(said)


@pytest.mark.parametrize("version", [(15, 19), (16, 15), (17, 11), (18, 6), (18, 7), (15, 20), (19, 0)])
def test_a_version_at_the_floor_or_above_is_used(version):
    require_postgres_floor(version)


@pytest.mark.parametrize("version", [(15, 18), (16, 14), (17, 10), (18, 5), (18, 0), (14, 30), (9, 6)])
def test_an_older_version_is_refused_by_name_with_the_way_out(version):
    with pytest.raises(EmbeddedError) as refused:
        require_postgres_floor(version)

    assert f"{version[0]}.{version[1]}" in str(refused.value)
    assert "update it" in str(refused.value)


def test_the_launcher_and_the_application_know_the_same_floor():
    for major, minor in POSTGRES_FLOOR.items():
        assert below_floor(major * 10_000 + minor) is None
        assert below_floor(major * 10_000 + minor - 1) is not None


def test_the_wheel_carries_a_server_above_the_floor():
    require_postgres_floor(postgres_version(postgres_in_wheel()))

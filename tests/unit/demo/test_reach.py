"""Each process of the demo holds its own credentials and nobody else's."""

import configparser
import re
import shlex
from pathlib import Path

import pytest

from ringfence.demo.environments import REACH, environment, read_environment, write_environments
from ringfence.demo.layout import ROLES, Layout, layout_from
from ringfence.demo.preparation import reason_of
from ringfence.demo.supervision import SERVERS, configuration, programs
from ringfence.demo.who import code_now, table
from ringfence.embedded.errors import EmbeddedError

# What a process can reach, in the words of the design: roles, and files of keys.
EXPECTED = {
    "web": {"rf_app", "rf_gate", "broker", "cache", "context key", "tenant keys"},
    "worker": {"rf_worker", "rf_gate", "broker", "cache", "context key", "tenant keys"},
    "beat": {"broker", "cache"},
    "sequencer": {"rf_sequencer"},
    "signer": {"rf_signer", "log key", "bucket, reading"},
    "publisher": {"rf_publisher"},
    "anchor": {"rf_signer", "bucket"},
    "timestamp": {"rf_publisher"},
    "witness-1": set(),
    "witness-2": set(),
    "checker": {"rf_checker", "rf_gate", "broker", "cache", "context key", "tenant keys", "shadow key"},
}


@pytest.fixture
def layout(tmp_path):
    made = Layout(var=tmp_path / "var", port=8123)
    made.make()
    for store in ("postgres", "valkey"):
        (made.var / store).mkdir(mode=0o700)
    made.bucket.prepare(anew=True)
    made.authority.prepare(anew=True)
    (made.var / "postgres" / "superuser.password").write_text("superuser-secret\n")
    return made


def reached(layout, process):
    values = environment(layout, process)
    text = "\n".join(values.values())
    found = {role for role in ROLES if layout.secret(f"{role}.password") in text}
    found |= {"broker"} if "BROKER_URL" in values else set()
    found |= {"cache"} if "RINGFENCE_CACHE_URL" in values else set()
    keys = {
        "RINGFENCE_CONTEXT_KEY_FILE": "context key",
        "RINGFENCE_LOCAL_KEYS": "tenant keys",
        "RINGFENCE_SHADOW_KEY_FILE": "shadow key",
        "RINGFENCE_SIGNER_DIR": "log key",
        "RINGFENCE_ANCHOR_KEYS": "bucket",
        "RINGFENCE_ANCHOR_READ_KEYS": "bucket, reading",
    }
    found |= {word for name, word in keys.items() if name in values}
    return found | ({"superuser"} if "superuser-secret" in text else set())


@pytest.mark.parametrize("process", sorted(EXPECTED))
def test_a_process_reaches_what_the_design_gives_it(layout, process):
    assert reached(layout, process) == EXPECTED[process]


def test_every_service_that_is_supervised_is_in_the_list(layout):
    supervised = {program.name for program in programs(layout)} - set(SERVERS)
    assert supervised == set(EXPECTED)


def test_the_superuser_is_bootstraps_alone(layout):
    assert {process for process in REACH if "superuser" in reached(layout, process)} == {"bootstrap"}


def test_no_two_services_share_a_key_but_those_with_the_gate(layout):
    keys = {process: environment(layout, process)["RINGFENCE_SECRET_KEY"] for process in EXPECTED}
    assert keys.pop("web") == keys.pop("worker") == keys.pop("checker")
    assert len(set(keys.values())) == len(keys)


def test_a_variable_of_the_persons_shell_reaches_no_process(layout, monkeypatch):
    monkeypatch.setenv("SOME_CLOUD_TOKEN", "of-the-person")
    assert all("of-the-person" not in environment(layout, process).values() for process in REACH)


def test_environment_files_are_ours_alone_and_read_back_as_written(layout):
    write_environments(layout)
    for process in REACH:
        file = layout.environment_of(process)
        assert file.stat().st_mode & 0o777 == 0o600
        assert read_environment(file.read_text()) == environment(layout, process)


def test_nobody_is_told_where_the_authoritys_key_lies(layout):
    told = "\n".join(value for process in REACH for value in environment(layout, process).values())
    assert str(layout.authority.root) in told
    assert "signer.key" not in told
    assert (layout.authority.directory / "signer.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "80 80"])
def test_a_port_that_is_none_is_one_line_that_names_it(port):
    with pytest.raises(EmbeddedError, match=r"PORT=.* is not a port"):
        layout_from({"PORT": port})


def test_var_and_port_have_defaults_and_an_empty_one_counts_as_unset():
    assert layout_from({"VAR": "", "PORT": ""}) == Layout(Path("var").absolute(), 8000)


def test_a_folder_with_a_percent_sign_and_a_space_survives_the_supervisors_file(tmp_path):
    layout = Layout(tmp_path / "50 % done", 8123)
    layout.make()
    parser = configparser.RawConfigParser()
    parser.read_string(configuration(layout))

    command = shlex.split(parser["program:valkey"]["command"].replace("%%", "%"))

    assert command[-1] == str(layout.var)
    assert "% d" not in parser["program:valkey"]["command"].replace("%%", "")


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("Traceback (most recent call last):\n  File x\nKeyError: 'a'\n", "KeyError: 'a'"),
        ("CommandError: do this\n", "CommandError: do this"),
        (
            "SystemCheckError: System check identified some issues:\n\nERRORS:\n?: (a.E1) no\n\tHINT: b\n?: (a.E2) x\n",
            "SystemCheckError: ?: (a.E1) no",
        ),
        ("", "it said nothing"),
    ],
)
def test_a_failed_command_is_told_in_one_line(output, line):
    assert reason_of(output) == line


def test_only_who_has_a_second_factor_shows_a_code():
    assert code_now({"name": "Ada", "totp_secret": ""}) == ""
    assert re.fullmatch(r"\d{6}", code_now({"totp_secret": "JBSWY3DPEHPK3PXP" * 2}))


def test_the_list_of_people_leaves_out_what_nobody_has():
    text = table([{"name": "Ada", "role": "owner", "email": "ada@lab.example", "password": "p"}])
    assert text.splitlines()[0].split() == ["name", "role", "email", "password"]
    assert text.splitlines()[1].split() == ["Ada", "owner", "ada@lab.example", "p"]

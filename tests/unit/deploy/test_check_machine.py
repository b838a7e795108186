"""What a bare machine lacks is named in one line, before anything is made."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "deploy/check_machine.sh"
HINT = "On Debian: apt-get install make python3 python3-venv"


def check(python: str) -> tuple[int, str, str]:
    done = subprocess.run(
        ["/bin/sh", str(SCRIPT), python],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    return done.returncode, done.stdout, done.stderr


def python_like(folder: Path, *, version: int = 0, modules: int = 0) -> str:
    """Return a stand-in for an interpreter: its answers about its version and its modules."""
    program = folder / "python3"
    program.write_text(
        "#!/bin/sh\n"
        'case "$*" in\n'
        '"-V") echo Python 3.9.2 ;;\n'
        f"*version_info*) exit {version} ;;\n"
        f"*ensurepip*) exit {modules} ;;\n"
        "esac\n"
    )
    program.chmod(0o755)
    return str(program)


def test_this_machine_has_what_it_needs():
    assert check(sys.executable) == (0, "", "")


@pytest.mark.parametrize(
    ("answers", "named"),
    [
        ({"version": 1}, "python3 3.11 or newer (this is Python 3.9.2"),
        ({"modules": 1}, "missing: python3-venv."),
    ],
)
def test_what_is_missing_is_named_with_the_command_that_brings_it(tmp_path, answers, named):
    code, out, said = check(python_like(tmp_path, **answers))

    assert (code, out) == (1, "")
    assert named in said
    assert HINT in said
    assert len(said.splitlines()) == 1


def test_no_python_at_all_is_named(tmp_path):
    code, _, said = check(str(tmp_path / "python3"))

    assert code == 1
    assert said == f"missing: python3 (3.11 or newer). {HINT}\n"


def test_whatever_has_all_passes(tmp_path):
    assert check(python_like(tmp_path))[0] == 0

"""Production refuses to start on what a demo or a test has made."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ringfence.kernel.permissions import Role
from tests.stack import Stack
from tests.world import new_workspace


def start(stack: Stack, program: str, **more: str) -> subprocess.CompletedProcess[str]:
    env = stack.environment(RINGFENCE_MODE="production", RINGFENCE_KEY_SERVICE="aws") | more
    del env["RINGFENCE_EGRESS_LOOPBACK"]  # for demo and test alone; production refuses it by name
    return subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, timeout=60, check=False
    )


PROGRAMS = {
    "web": "import ringfence.wsgi",
    "worker": "from ringfence.celery import app; app.worker_main(['worker', '--pool=solo', '-Q', 'none'])",
}


def test_with_the_local_key_service_nothing_starts(stack: Stack) -> None:
    done = start(stack, "import ringfence.wsgi", RINGFENCE_KEY_SERVICE="local")
    assert done.returncode != 0
    assert "local key service" in done.stderr


@pytest.mark.parametrize("program", PROGRAMS)
def test_with_a_tenant_of_a_test_nothing_is_served(stack: Stack, program: str) -> None:
    new_workspace("Acme").someone(Role.OWNER)
    done = start(stack, PROGRAMS[program])
    assert "made in a demo or test" in done.stderr
    assert done.returncode != 0


def test_in_a_demo_s_folder_nothing_starts(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text("{}")
    done = start(stack, "import ringfence.wsgi", RINGFENCE_VAR=str(tmp_path))
    assert done.returncode != 0
    assert "demo.json" in done.stderr


def test_the_same_start_works_in_test_mode(stack: Stack) -> None:
    done = start(stack, "import ringfence.wsgi", RINGFENCE_MODE="test", RINGFENCE_KEY_SERVICE="local")
    assert done.returncode == 0, done.stderr
    assert os.environ["RINGFENCE_MODE"] == "test"

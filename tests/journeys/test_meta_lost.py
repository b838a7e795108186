"""The key under everything that was witnessed is lost: the platform says so, goes on, and is witnessed again."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from audit.meta import META_LOG
from ringfence.demo.environments import read_environment
from ringfence.demo.layout import WITNESSES
from tests.journeys.demo_install import DemoInstall, new_install

pytestmark = pytest.mark.long
WITNESSED_SECONDS = 120


@pytest.fixture
def install() -> Iterator[DemoInstall]:
    """A demo of one's own: the others' pins stay as they are."""
    made = new_install()
    try:
        made.start()
        yield made
    finally:
        made.remove()


def witnessed_since(install: DemoInstall, moment: datetime) -> set[str]:
    """Return which witnesses have cosigned after a moment."""
    with install.superuser("cell") as cell:
        rows = cell.execute("SELECT witness FROM audit.cosignature WHERE at > %s", [moment])
        return {name.partition(".")[0] for (name,) in rows}


def trusted(install: DemoInstall, witness: str) -> str:
    """Return the key that a witness is told to trust."""
    lines = install.layout.witness_arguments(witness).read_text().splitlines()
    (key,) = [line.removeprefix("--trust=") for line in lines if line.startswith("--trust=")]
    return key


def test_after_the_meta_logs_key_is_lost_its_successor_is_witnessed(install: DemoInstall) -> None:
    began = datetime(2000, 1, 1, tzinfo=UTC)
    install.until(lambda: witnessed_since(install, began) == set(WITNESSES), "both cosign", WITNESSED_SECONDS)
    before = trusted(install, WITNESSES[0])
    with install.superuser("cell") as cell:
        row = cell.execute("SELECT id FROM audit.log WHERE tenant_id = %s", [META_LOG]).fetchone()
    assert row is not None

    with install.without("signer"), install.without("sequencer"), install.without("publisher"):
        shutil.rmtree(install.layout.var / "signer" / row[0].hex)
        environment = read_environment(install.layout.environment_of("signer").read_text(encoding="utf-8"))
        done = subprocess.run(
            [sys.executable, "-m", "django", "audit_recover", "--succeed", "--tenant", str(META_LOG)],
            env=environment | {"RINGFENCE_SUPERUSER_URL": install.layout.postgres.superuser_url("postgres")},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert install.say("stop")[0] == 0
    again = datetime.now(UTC)
    install.start()

    assert len({trusted(install, witness) for witness in WITNESSES}) == 1
    assert trusted(install, WITNESSES[0]) != before
    install.until(
        lambda: witnessed_since(install, again) == set(WITNESSES), "both cosign it", WITNESSED_SECONDS
    )

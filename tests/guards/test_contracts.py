"""The import contracts are kept, and each of them can fail: a forbidden import is planted in a copy of the tree."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

REPO = Path(__file__).parent.parent.parent
PACKAGES = ("platform/ringfence", "tenants", "annotation", "audit")

# contract -> (file, line that breaks it). A file that does not exist is made.
PLANTS = {
    "Dependencies point down": ("platform/ringfence/kernel/ids.py", "import audit.values"),
    "Every room of ringfence has a floor": ("platform/ringfence/utils.py", ""),
    "annotation reaches its neighbours through their services and the gate": (
        "annotation/values.py",
        "import audit.models",
    ),
    "tenants reaches audit through its services": ("tenants/values.py", "import audit.models"),
    "audit knows no keys: the context carries its keyring": ("audit/values.py", "import tenants.values"),
    "Pure rooms know no framework": ("audit/merkle.py", "import django.conf"),
    "Only the keyring opens ciphertext": ("annotation/values.py", "import ringfence.crypto.envelope"),
    "Only the log signs": ("tenants/values.py", "import ringfence.crypto.signing"),
    "People's signatures are verified in one pure module": (
        "tenants/gate/admin_keys.py",
        "import ringfence.crypto.verifying",
    ),
    "The admin key's command imports nothing of ours": (
        "tenants/neutrality/admin_key.py",
        "import ringfence.crypto.errors",
    ),
    "Only the gate enters the control database": ("tenants/pages/shell.py", "import tenants.people.models"),
    "The outbound client knows no framework, no tables and no keys": (
        "tenants/egress/client.py",
        "import tenants.models",
    ),
    "Only services send": ("tenants/pages/shell.py", "import tenants.egress.client"),
}


def contracts() -> list[str]:
    text = (REPO / "pyproject.toml").read_text(encoding="utf-8")
    return [contract["name"] for contract in tomllib.loads(text)["tool"]["importlinter"]["contracts"]]


def verdicts(tree: Path) -> tuple[int, dict[str, str], str]:
    """Return the exit code, contract -> KEPT or BROKEN, and the whole output, for the packages below `tree`."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{tree / 'platform'}:{tree}",
        "NO_COLOR": "1",
        "COLUMNS": "200",
    }
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as run; run()",
            "--no-cache",
        ],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = done.stdout + done.stderr
    found = dict(re.findall(r"^(.+?) (KEPT|BROKEN)\b", said, re.MULTILINE))
    return done.returncode, found, said


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    tree = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(
            REPO / package,
            tree / package,
            ignore=shutil.ignore_patterns("__pycache__", "ui", "static", "templates"),
        )
    shutil.copy(REPO / "pyproject.toml", tree)
    return tree


def test_every_contract_is_kept():
    code, found, said = verdicts(REPO)
    assert (code, found) == (0, dict.fromkeys(contracts(), "KEPT")), said


def test_every_contract_has_a_plant():
    assert set(PLANTS) == set(contracts())


@pytest.mark.parametrize("contract", PLANTS)
def test_a_contract_fails_when_it_is_broken(copy, contract):
    file, line = PLANTS[contract]
    path = copy / file
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text((before or '"""A room without a floor."""\n') + line + "\n", encoding="utf-8")
    try:
        code, found, said = verdicts(copy)
    finally:
        path.unlink() if before is None else path.write_text(before, encoding="utf-8")
    assert (code, found.get(contract)) == (1, "BROKEN"), said
    # The report names the module that was changed, so it is this import and no other that broke it.
    module = file.removeprefix("platform/").removesuffix(".py").replace("/", ".")
    assert module in said.partition("Broken contracts")[2], said

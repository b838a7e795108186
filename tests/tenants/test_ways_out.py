"""Every way out of the platform is a registered door; one that is planted turns the system check red."""

import sys
from pathlib import Path
from typing import Any

import pytest
from django.core import checks

from ringfence.kernel.checks import every_way_out_is_a_door
from ringfence.kernel.registry import DOORS
from tests.guards.repository import DOCS
from tests.guards.test_docs import rows


def test_every_way_out_of_the_platform_is_a_door() -> None:
    assert every_way_out_is_a_door(None) == []
    assert {"audit-bundle", "export-file", "mail", "work-receipt"} <= set(DOORS)


def test_one_that_is_planted_fails_the_system_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings_of_django: Any
) -> None:
    package = tmp_path / "planted_room"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "leak.py").write_text(
        "from django.core.mail import send_mail\ndef tell(a):\n    send_mail('', a, None, [a])\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    settings_of_django.OWN_PACKAGES = ("ringfence", "audit", "tenants", "annotation", "planted_room")
    assert "planted_room.leak" not in sys.modules
    errors = [each for each in checks.run_checks(tags=["security"]) if each.id == "ringfence.E005"]
    assert [each.msg.split(" ")[0] for each in errors] == ["planted_room.leak.tell"]


def test_a_door_that_is_registered_twice_is_refused() -> None:
    from ringfence.kernel.registry import door

    with pytest.raises(ValueError, match="registered already"):
        door("mail", what="again")


def test_the_document_lists_the_doors_as_they_are_registered() -> None:
    listed = {name: (what, to) for name, what, to in rows(DOCS / "ways-out.md", "door")}
    assert listed == {door.name: (door.what, door.to) for door in DOORS.values()}

"""Bundles of the application bring the time-stamps that were kept: streamed or made by a worker, of all or a choice."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.utils import timezone

from audit.pins import Pin
from audit.services.export_bundle import export_bundle
from audit.services.select_events import Selection
from audit.services.stamped_by import stamped_by
from audit.services.stored_log import newest_checkpoint, policy_of, the_log
from audit.verify.__main__ import main
from audit.verify.judge import Verdict, judge
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tests.audit.authority import OPENSSL, Authority, openssl_verifies
from tests.audit.bundling import at_once, settled, taken, worked
from tests.audit.logkeeping import Keeper, happen, triggers_off
from tests.audit.publishing import meta_size
from tests.audit.test_reading import take_pin
from tests.audit.test_timestamped import stamp
from tests.unit.audit.making import members_of
from tests.world import Workspace, new_workspace

Superuser = psycopg.Connection[Any]


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent: each test is its own worker."""
    monkeypatch.setattr("tenants.services.ask_bundle.wake_bundle_worker", lambda *_: False)


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority.new("Tests' time")


@pytest.fixture
def pin(acme: Workspace, keeper: Keeper, superuser: Superuser, authority: Authority) -> Iterator[Pin]:
    """The pin of the first day; after it come 300 events, a time-stamp, and some more events."""
    acme.context(Role.AUDITOR)
    acme.context(Role.OWNER)
    keeper.settle()
    kept = Pin.parse(take_pin(acme))
    happen(acme, 300)
    keeper.settle()
    with keeper.connect("rf_publisher") as database:
        stamp(keeper, database, superuser, authority)
    happen(acme, 20)
    keeper.settle()
    yield kept
    with triggers_off(superuser, "timestamp"):
        superuser.execute("DELETE FROM audit.timestamp")


def streamed(workspace: Workspace, **choice: Any) -> bytes:
    return b"".join(export_bundle(workspace.context(Role.OWNER), **choice).chunks())


def of(workspace: Workspace, pin: Pin) -> Iterator[dict[str, Any]]:
    """Yield each kind of bundle: whole, since the pin, of an item, of a person, of a project, of a stretch of time."""
    size = pin.signed.checkpoint.size
    yield {}
    yield {"from_size": size}
    yield {"from_size": size, "selection": Selection(item_id=uuid4())}
    yield {"from_size": size, "selection": Selection(member_id=workspace.context(Role.OWNER).actor_id)}
    yield {"from_size": size, "selection": Selection(project_id=uuid4())}
    yield {"selection": Selection(until=timezone.now() + timedelta(hours=1))}


def test_each_kind_of_bundle_brings_it_and_a_worker_makes_the_same_bytes(
    acme: Workspace, keeper: Keeper, pin: Pin, authority: Authority
) -> None:
    for choice in of(acme, pin):
        bundle_id, plan = settled(acme, **choice)
        assert len(plan.stamped) == 1
        while (state := worked(acme, bundle_id, seconds=0)) == "waiting":
            continue
        assert state == "done"
        file = taken(acme, bundle_id)
        assert file == at_once(acme, plan)
        report = judge(file, pin, trusted=[authority.root.certificate])
        (judged,) = report.stamps
        assert judged.proven
        assert pin.signed.checkpoint.size + 300 <= judged.led.checkpoint.size < report.bundle.checkpoint.size
        assert judged.led.meta_size == meta_size(keeper)
        anchored = "selection" not in choice or choice.get("from_size")
        assert report.verdict is (Verdict.GOOD if anchored else Verdict.NOT_ANCHORED)
        (told,) = json.loads(members_of(file)["manifest.json"])["timestamps"]
        assert told["size"] == judged.led.checkpoint.size


@pytest.mark.skipif(OPENSSL is None, reason="no openssl on this machine, which is asked here")
def test_openssl_and_the_command_say_so_too(
    acme: Workspace, pin: Pin, authority: Authority, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = streamed(acme)
    members = members_of(bundle)
    (note,) = (each for name, each in members.items() if name.endswith(".checkpoint") and "/" in name)
    (token,) = (each for name, each in members.items() if name.endswith(".tsr"))
    assert openssl_verifies(tmp_path, note, token, authority.root)
    for name, content in (("b", bundle), ("pin", take_pin(acme)), ("tsa", authority.root.pem)):
        (tmp_path / name).write_bytes(content)
    assert (
        main(["full", *(str(tmp_path / "b"), "--pin", str(tmp_path / "pin"), "--tsa", str(tmp_path / "tsa"))])
        == 0
    )
    assert "says CN=Tests' time." in capsys.readouterr().out


@pytest.mark.usefixtures("pin")
def test_each_sees_its_own_log_below_it_and_no_other_of_a_day_the_newest(
    acme: Workspace, keeper: Keeper, superuser: Superuser, authority: Authority
) -> None:
    later = new_workspace("Later")
    later.context(Role.OWNER)
    keeper.settle()
    assert not any(name.startswith("timestamps/") for name in members_of(streamed(later)))
    happen(acme, 3)
    keeper.settle()
    with keeper.connect("rf_publisher") as database:
        stamp(keeper, database, superuser, authority)
    for workspace in (acme, later):
        bundle = streamed(workspace)
        (judged,) = judge(bundle, None).stamps
        assert judged.led.meta_size == meta_size(keeper)
        origin = members_of(bundle)["checkpoint"].split(b"\n")[0]
        assert judged.led.leaf.startswith(origin + b"\n")
    with triggers_off(superuser, "timestamp"):
        superuser.execute(
            "UPDATE audit.timestamp SET stated = stated - interval '3 days'"
            " WHERE size = (SELECT min(size) FROM audit.timestamp)"
        )
    assert [len([n for n in members_of(streamed(each)) if n.endswith(".tsr")]) for each in (acme, later)] == [
        2,
        1,
    ]


@pytest.mark.parametrize("damage", ["token", "note"])
def test_what_was_damaged_is_left_out_and_breaks_no_bundle(
    acme: Workspace, superuser: Superuser, pin: Pin, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    meta = "tenant_id = '00000000-0000-8000-8000-00006d657461'"
    changes = {
        "token": (
            "timestamp",
            "UPDATE audit.timestamp SET token = set_bit(token, 8 * (octet_length(token) - 3), {})",
        ),
        "note": (
            "checkpoint",
            "UPDATE audit.checkpoint SET note = set_bit(note, 8 * (octet_length(note) - 20), {})"
            f" WHERE {meta} AND size = (SELECT max(size) FROM audit.timestamp)",
        ),
    }
    table, change = changes[damage]
    column = "token" if damage == "token" else "note"
    where = "" if damage == "token" else change.partition(" WHERE ")[2]
    row = superuser.execute(
        f"SELECT get_bit({column}, 8 * (octet_length({column}) - {3 if damage == 'token' else 20}))"
        f" FROM audit.{table}{' WHERE ' + where if where else ''}"
    ).fetchone()
    assert row is not None
    with triggers_off(superuser, table):
        superuser.execute(change.format(1 - row[0]))
        try:
            bundle = streamed(acme)
        finally:
            superuser.execute(change.format(row[0]))
    assert not any(name.startswith("timestamps/") for name in members_of(bundle))
    assert judge(bundle, pin).verdict is Verdict.GOOD
    assert "is in no bundle" in caplog.text
    assert any(name.endswith(".tsr") for name in members_of(streamed(acme)))


@pytest.mark.usefixtures("pin")
def test_a_time_stamp_over_more_events_than_the_bundle_has_is_left_out(
    acme: Workspace,
    keeper: Keeper,
    superuser: Superuser,
    authority: Authority,
    caplog: pytest.LogCaptureFixture,
) -> None:
    context = acme.context(Role.OWNER)
    with acting(context):
        settled_on, policy = newest_checkpoint(), policy_of(the_log())
        assert len(stamped_by(settled_on, policy)) == 1
    happen(acme, 5)
    keeper.settle()
    with keeper.connect("rf_publisher") as database:
        stamp(keeper, database, superuser, authority)
    with acting(context):
        assert stamped_by(settled_on, policy) == (), "of the day the newest, which is over more"
        assert len(stamped_by(newest_checkpoint(), policy)) == 1
    assert "is in no bundle" not in caplog.text, "that is no damage"

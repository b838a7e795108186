"""Erasing who did something: gone from every table, in the log by its own event, and every proof still holds."""

import json
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.test import Client

from audit.erasure import Ground, detail_of, indexes_erased_by
from audit.leaf import SALT_BYTES
from audit.manifest import LIMITS
from audit.models import Body
from audit.pins import Pin
from audit.services.errors import ErasureRefused, ErasureUnconfirmed
from audit.services.proof_of import proof_of
from audit.services.select_events import Selection, select_events
from audit.services.timeline import Filters, open_half, timeline
from audit.verbs import Verb
from audit.verify.judge import Verdict, judge
from ringfence.kernel.context import acting
from ringfence.kernel.errors import PermissionMissing
from ringfence.kernel.permissions import Purpose, Role
from tenants.cookies import COOKIE
from tenants.models import DataKey, KeyState
from tenants.services.erase_person import StillMember, erase_person
from tenants.services.remove_member import remove_member
from tests.audit.logkeeping import Keeper, entered, erase, happen, triggers_off
from tests.audit.test_reading import take_bundle, take_pin, verify
from tests.stack import Stack
from tests.world import Someone, Workspace

Superuser = psycopg.Connection[Any]


def act_as(someone: Someone, count: int = 3) -> None:
    """Let a person read the log: events that name them."""
    context = someone.context
    for _ in range(count):
        with acting(context):
            timeline(context, Filters(), limit=1)


def halves(workspace: Workspace, index: int) -> tuple[bytes, bytes, bytes]:
    """Return the stored pii ciphertext, and the salt and content inside of it."""
    context = workspace.service(Purpose.JOB)
    with acting(context):
        row = Body.objects.get(seq=index)
        opening = open_half(context, row, "pii")
        assert row.pii is not None
        assert opening is not None
        return bytes(row.pii), opening[:SALT_BYTES], opening[SALT_BYTES:]


def dump(stack: Stack) -> str:
    """Return everything that the cell's tables hold, as a backup would."""
    done = subprocess.run(
        [stack.cluster.program("pg_dump"), stack.cluster.superuser_url("cell")],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return done.stdout


@pytest.fixture
def auditor(acme: Workspace, keeper: Keeper) -> Someone:
    """An auditor who has acted, under a signed checkpoint; the last event is theirs."""
    someone = acme.someone(Role.AUDITOR)
    acme.someone(Role.OWNER)
    keeper.settle()
    act_as(someone)
    keeper.settle()
    return someone


def test_the_payload_and_its_salt_are_gone_from_a_dump(
    acme: Workspace, auditor: Someone, keeper: Keeper, stack: Stack
) -> None:
    index = keeper.size(acme) - 1
    sealed, salt, content = halves(acme, index)
    assert json.loads(content)["actor"] == str(auditor.member_id)
    before = dump(stack)
    assert sealed.hex() in before
    assert salt.hex() not in before
    leaves = keeper.as_signer.execute(
        "SELECT seq, leaf, leaf_hash FROM audit.entry ORDER BY tenant_id, seq"
    ).fetchall()

    erase(acme, [index])
    keeper.settle()

    after = dump(stack)
    assert sealed.hex() not in after
    assert salt.hex() not in after
    now = keeper.as_signer.execute(
        "SELECT seq, leaf, leaf_hash FROM audit.entry ORDER BY tenant_id, seq"
    ).fetchall()
    assert [row for row in now if row in leaves] == leaves
    with acting(acme.service(Purpose.JOB)):
        row = Body.objects.get(seq=index)
        assert (row.pii, row.actor_id.int) == (None, 0)
        assert row.core is not None
    assert keeper.report(acme).problems == ()


def test_every_proof_holds_and_the_verifier_says_erased_by_which_entry(
    acme: Workspace, auditor: Someone, keeper: Keeper, tmp_path: Path
) -> None:
    pin, old = take_pin(acme), take_bundle(acme)
    index = keeper.size(acme) - 1
    receipt = erase(acme, [index - 1, index], Ground.CONSENT_WITHDRAWN)
    keeper.settle()
    context = acme.service(Purpose.JOB)
    with acting(context):
        entry = Body.objects.get(id=receipt.event_id)
        for event in Body.objects.filter(seq__lte=entry.seq):
            proof_of(context, event_id=event.id)
    assert judge(old, Pin.parse(pin)).verdict is Verdict.GOOD
    bundle = take_bundle(acme)
    report = judge(bundle, Pin.parse(pin))
    assert report.verdict is Verdict.GOOD
    events = {event.index: event for event in report.events()}
    assert events[index].pii is None
    assert events[index].core is not None
    assert indexes_erased_by(events[entry.seq].core) == (index - 1, index)
    said = verify(tmp_path, bundle, pin)
    assert said.returncode == 0, said.stderr
    assert f"Who did 2 events was erased, proven by entry {entry.seq}" in said.stdout
    assert f"by someone erased, proven by entry {entry.seq}" in said.stdout
    assert "NOT ERASED" not in said.stdout
    assert LIMITS[0] in said.stdout


def test_a_selection_carries_the_event_that_erased_what_it_holds(
    acme: Workspace, auditor: Someone, keeper: Keeper
) -> None:
    index = keeper.size(acme) - 1
    with acting(acme.service(Purpose.JOB)):
        at = Body.objects.get(seq=index).at
    erase(acme, [index])
    keeper.settle()
    erasing = keeper.size(acme) - 1
    span = Selection(since=at, until=at + timedelta(microseconds=1))
    assert select_events(auditor.context, span, size=erasing + 1) == (index, erasing)
    # A bundle under a checkpoint from before cannot hold it.
    assert select_events(auditor.context, span, size=erasing) == (index,)


def test_a_bundle_that_shows_what_the_log_calls_erased_is_named(
    acme: Workspace, auditor: Someone, keeper: Keeper, tmp_path: Path, superuser: Superuser
) -> None:
    index = keeper.size(acme) - 1
    sealed, _, _ = halves(acme, index)
    erase(acme, [index])
    keeper.settle()
    with triggers_off(superuser, "body"):
        superuser.execute(
            "UPDATE audit.body SET pii = %s WHERE tenant_id = %s AND seq = %s",
            [sealed, acme.tenant_id, index],
        )
    assert any("against what the erasures say" in problem for problem in keeper.report(acme).problems)
    said = verify(tmp_path, take_bundle(acme), take_pin(acme))
    assert f"NOT ERASED in this file, though the log says so: who did event {index}" in said.stdout


def test_the_timeline_shows_which_event_erased(acme: Workspace, auditor: Someone, keeper: Keeper) -> None:
    index = keeper.size(acme) - 1
    receipt = erase(acme, [index])
    context = acme.context(Role.OWNER)
    with acting(context):
        line = next(each for each in timeline(context, Filters()).lines if each.index == index)
        assert line.erased_by is not None
        assert (line.erased_by.event_id, line.erased_by.index) == (receipt.event_id, None)
    keeper.settle()
    with acting(context):
        line = next(each for each in timeline(context, Filters()).lines if each.index == index)
        assert line.erased_by is not None
        assert line.erased_by.index is not None
        assert line.pii is None


def test_only_an_owner_who_says_how_many_erases(acme: Workspace, auditor: Someone, keeper: Keeper) -> None:
    from audit.services.erase_entries import erase_entries

    index = keeper.size(acme) - 1
    for role in (Role.ADMIN, Role.AUDITOR):
        context = acme.context(role)
        with acting(context), pytest.raises(PermissionMissing):
            erase_entries(context, indexes=[index], ground=Ground.OBJECTION, confirm=1)
    context = acme.context(Role.OWNER)
    for confirm in (None, 2):
        with pytest.raises(ErasureUnconfirmed), acting(context):
            erase_entries(context, indexes=[index], ground=Ground.OBJECTION, confirm=confirm)
    with acting(acme.service(Purpose.JOB)):
        assert Body.objects.get(seq=index).pii is not None


def test_what_cannot_be_erased_is_refused_and_nothing_is(
    acme: Workspace, auditor: Someone, keeper: Keeper
) -> None:
    index = keeper.size(acme) - 1
    receipt = erase(acme, [index])
    keeper.settle()
    with acting(acme.service(Purpose.JOB)):
        own = Body.objects.get(id=receipt.event_id).seq
    for wrong in (10_000, index, own):
        with pytest.raises(ErasureRefused):
            erase(acme, [index - 1, wrong])
    with acting(acme.service(Purpose.JOB)):
        assert Body.objects.get(seq=index - 1).pii is not None


def test_a_person_is_erased_with_their_key_and_can_come_back_under_a_new_one(
    acme: Workspace, auditor: Someone, keeper: Keeper
) -> None:
    owner = acme.context(Role.OWNER)
    with acting(owner), pytest.raises(StillMember):
        erase_person(owner, member_id=auditor.member_id, ground=Ground.NOT_NEEDED, confirm=3)
    with acting(owner):
        remove_member(owner, member_id=auditor.member_id)
    keeper.settle()
    with acting(owner):
        theirs = Body.objects.filter(actor_id=auditor.member_id).count()
    with pytest.raises(ErasureUnconfirmed, match=f"{theirs}"), acting(owner):
        erase_person(owner, member_id=auditor.member_id, ground=Ground.NOT_NEEDED, confirm=None)
    with acting(owner):
        erased = erase_person(owner, member_id=auditor.member_id, ground=Ground.NOT_NEEDED, confirm=theirs)
        assert (erased.count, erased.left) == (theirs, 0)
        keys = DataKey.objects.filter(unit_id=auditor.member_id, purpose="audit")
        assert [(key.state, key.wrapped) for key in keys] == [(KeyState.DESTROYED, None)]
    keeper.settle()
    with acting(owner):
        assert not Body.objects.filter(actor_id=auditor.member_id).exists()
        assert Body.objects.filter(verb=Verb.KEY_DESTROYED).count() == 1
        sealed = owner.keyring.seal(b"anew", field=Body.pii, row=uuid4(), unit=auditor.member_id)
        assert sealed
        assert (
            DataKey.objects.get(unit_id=auditor.member_id, purpose="audit", state=KeyState.ACTIVE).generation
            == 2
        )
    assert judge(take_bundle(acme), Pin.parse(take_pin(acme))).verdict is Verdict.GOOD
    assert keeper.report(acme).problems == ()


def test_a_right_without_the_trigger_and_the_trigger_without_a_right_each_refuse(
    acme: Workspace, auditor: Someone, keeper: Keeper, stack: Stack, superuser: Superuser
) -> None:
    statement = (
        "UPDATE audit.body SET pii = NULL, actor_id = '00000000-0000-0000-0000-000000000000' WHERE seq = 0"
    )
    # The trigger alone: the service is given the right.
    superuser.execute("GRANT UPDATE ON audit.body TO rf_app")
    try:
        with (
            entered(stack, acme.tenant_id) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"),
        ):
            connection.execute(statement)
    finally:
        superuser.execute("REVOKE UPDATE ON audit.body FROM rf_app")
    # The missing right alone: the trigger is taken away.
    with (
        triggers_off(superuser, "body"),
        entered(stack, acme.tenant_id) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"),
    ):
        connection.execute(statement)
    # The owner of the functions has the right; without an erasure the trigger refuses it, and with one it still
    # refuses any other change.
    for column in ("core = NULL", "verb = 'task.taken'", "at = now()", "pii = core"):
        with superuser.transaction() as undone:
            superuser.execute("SELECT set_config('role', %s, true)", [owner_of_functions(superuser)])
            with (
                pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"),
                superuser.transaction(),
            ):
                superuser.execute(statement)
            superuser.execute(
                "INSERT INTO audit.erasure (tenant_id, seq, event) VALUES (%s, 0, %s)",
                [acme.tenant_id, uuid4()],
            )
            with (
                pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"),
                superuser.transaction(),
            ):
                superuser.execute(
                    f"UPDATE audit.body SET {column} WHERE tenant_id = %s AND seq = 0", [acme.tenant_id]
                )
            raise psycopg.Rollback(undone)


def owner_of_functions(superuser: Superuser) -> str:
    row = superuser.execute(
        "SELECT proowner::regrole::text FROM pg_proc WHERE proname = 'unexplained_gaps'"
    ).fetchone()
    assert row is not None
    return str(row[0])


def test_no_erasure_without_its_event_whatever_a_service_sends(
    acme: Workspace, rival: Workspace, auditor: Someone, keeper: Keeper, stack: Stack, superuser: Superuser
) -> None:
    from audit.services.build_event import build_event
    from audit.services.erase_entries import ERASE

    keeper.settle()
    context = acme.context(Role.OWNER)
    with acting(context):
        event = build_event(
            context, Verb.AUDIT_ERASED, object_kind="event", detail=detail_of([1], Ground.OBJECTION)
        )
    row = [event.id, event.at, event.leaf, event.core, event.pii, [1]]
    with entered(stack, acme.tenant_id) as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(ERASE, [*row[:3], b"in clear", *row[4:]])
    for places in ([], [1, 1], [1, 99_999], list(range(5_001))):
        with entered(stack, acme.tenant_id) as connection, pytest.raises(psycopg.Error):
            connection.execute(ERASE, [*row[:5], places])
    with entered(stack, rival.tenant_id) as connection:
        connection.execute(ERASE, row)
        connection.commit()
    seen = superuser.execute(
        "SELECT tenant_id, seq FROM audit.erasure WHERE event = %s", [event.id]
    ).fetchall()
    assert seen == [(rival.tenant_id, 1)]
    with acting(acme.service(Purpose.JOB)):
        assert Body.objects.get(seq=1).pii is not None


def test_an_erasure_by_an_event_that_is_not_there_is_found(
    acme: Workspace, auditor: Someone, keeper: Keeper, superuser: Superuser
) -> None:
    with triggers_off(superuser, "body", "erasure"):
        superuser.execute(
            "UPDATE audit.body SET pii = NULL WHERE tenant_id = %s AND seq = 0", [acme.tenant_id]
        )
        assert any("against what the erasures say" in each for each in keeper.report(acme).problems)
        superuser.execute(
            "INSERT INTO audit.erasure (tenant_id, seq, event) VALUES (%s, 0, %s)", [acme.tenant_id, uuid4()]
        )
    assert any("against what the erasures say" in each for each in keeper.report(acme).problems)


def client_of(someone: Someone) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.cookies[COOKIE] = someone.session
    return client


def test_erasing_over_http_asks_for_the_number_first(
    acme: Workspace, auditor: Someone, keeper: Keeper, stack: Stack
) -> None:
    (stack.directory / "static").mkdir(exist_ok=True)
    owner, index = client_of(acme.someone(Role.OWNER)), keeper.size(acme) - 1
    address = f"/api/v1/{acme.public_id}/audit/erasures"
    asked: dict[str, object] = {"indexes": [index], "ground": "objection"}
    first = owner.post(address, asked, content_type="application/json")
    assert (first.status_code, first.json()["code"]) == (409, "erasure_unconfirmed")
    done = owner.post(address, asked | {"confirm": 1}, content_type="application/json")
    assert (done.status_code, done.json()["erased"]) == (200, 1)
    assert done["Audit-Receipt"].startswith(done.json()["event_id"])
    assert (
        owner.post(address, asked | {"ground": "because"}, content_type="application/json").status_code == 400
    )
    gone = f"/api/v1/{acme.public_id}/members/{auditor.member_id}/erasure"
    still = owner.post(gone, {"ground": "objection"}, content_type="application/json")
    assert (still.status_code, still.json()["code"]) == (409, "still_member")


def test_a_labeler_takes_what_the_log_holds_about_them_and_nothing_else(
    acme: Workspace, keeper: Keeper, stack: Stack
) -> None:
    (stack.directory / "static").mkdir(exist_ok=True)
    labeler = acme.someone(Role.LABELER)
    happen(acme, 3)
    client = client_of(labeler)
    address = f"/api/v1/{acme.public_id}/audit/own-events"
    first = client.get(address)
    assert "attachment" in first["Content-Disposition"]
    first.getvalue()
    keeper.settle()
    lines = [json.loads(line) for line in client.get(address).getvalue().splitlines()]
    assert [line["verb"] for line in lines] == [Verb.OWN_EVENTS_DELIVERED.value]
    assert lines[0]["event_id"] == first["Audit-Receipt"].partition(";")[0]
    assert {line["pii"]["actor"] for line in lines} == {str(labeler.member_id)}


def test_what_an_erasing_event_lists() -> None:
    assert detail_of([1, 5], Ground.UNLAWFUL) == {"half": "pii", "ground": "unlawful", "indexes": [1, 5]}
    for wrong in ([], [2, 1], [1, 1], list(range(5_001))):
        with pytest.raises(ValueError, match="ascending"):
            detail_of(wrong, Ground.UNLAWFUL)
    for core in (None, {}, {"verb": "audit.erased"}, {"verb": "audit.erased", "detail": {"indexes": "1"}},
                 {"verb": "item.delivered", "detail": {"indexes": [1]}}):  # fmt: skip
        assert indexes_erased_by(core) == ()
    assert indexes_erased_by({"verb": "audit.erased", "detail": {"indexes": [1, True, "2"]}}) == (1,)

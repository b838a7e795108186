"""Recording: with the caller's transaction or not at all, sealed, and said twice where it must be."""

import json
from hashlib import sha256
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection

from audit import leaf
from audit.models import Body
from audit.pages.sentences import SENTENCES
from audit.services.build_event import build_event
from audit.services.deliver import MOST_OBJECTS, deliver
from audit.services.record import keep, record
from audit.values import Receipt
from audit.verbs import Verb
from ringfence.kernel.context import acting
from ringfence.kernel.errors import ContextAlreadyEntered, NoTenantContext
from ringfence.kernel.permissions import Purpose, Role
from tenants.models import Profile
from tests.audit.logkeeping import Keeper, happen
from tests.world import Workspace


class Abandoned(Exception):
    """The caller's own failure."""


def pending_ids() -> set[object]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM audit.pending")
        return {row[0] for row in cursor.fetchall()}


def test_an_event_lives_and_dies_with_its_transaction(acme: Workspace) -> None:
    context = acme.service(Purpose.JOB)
    lost: list[Receipt] = []

    def abandon() -> None:
        with acting(context):
            lost.append(record(context, Verb.TASK_RELEASED, object_kind="task"))
            assert lost[0].event_id in pending_ids()
            raise Abandoned

    with pytest.raises(Abandoned):
        abandon()
    with acting(context) as unit:
        kept = record(context, Verb.TASK_RELEASED, object_kind="task")
    assert unit.receipts == [kept]
    with acting(context):
        there = pending_ids()
    assert kept.event_id in there
    assert lost[0].event_id not in there


def test_without_its_event_a_change_is_undone(acme: Workspace, superuser: psycopg.Connection) -> None:
    context = acme.service(Purpose.JOB)
    superuser.execute("UPDATE audit.log SET state = 'retired' WHERE tenant_id = %s", [acme.tenant_id])

    def change() -> None:
        with acting(context):
            assert Profile.objects.update(pin_taken_at="2026-01-01T00:00:00Z") == 1
            record(context, Verb.TENANT_RENAMED, object_kind="tenant")

    with pytest.raises(DatabaseError, match="log_takes_events"):
        change()
    with acting(context):
        assert Profile.objects.get().pin_taken_at is None


def test_one_event_is_taken_once(acme: Workspace) -> None:
    context = acme.service(Purpose.JOB)
    with acting(context):
        event = build_event(context, Verb.TASK_RELEASED, object_kind="task")
        keep(event)
    with pytest.raises(IntegrityError, match="pending_event_is_new"), acting(context):
        keep(event)


def test_recording_needs_the_unit_of_its_own_context(acme: Workspace, rival: Workspace) -> None:
    ours, theirs = acme.service(Purpose.JOB), rival.service(Purpose.JOB)
    with pytest.raises(NoTenantContext):
        record(ours, Verb.TASK_RELEASED, object_kind="task")
    with pytest.raises(ContextAlreadyEntered), acting(ours):
        record(theirs, Verb.TASK_RELEASED, object_kind="task")


def test_what_stands_in_clear_is_what_was_committed(acme: Workspace, keeper: Keeper) -> None:
    context = acme.context(Role.OWNER)
    task = uuid4()
    with acting(context):
        receipt = record(
            context,
            Verb.TASK_RELEASED,
            object_kind="task",
            object_id=task,
            detail={"why": "a private matter"},
        )
    keeper.settle()
    with acting(context):
        row = Body.objects.get(id=receipt.event_id)
        openings = {
            half: context.keyring.open(getattr(row, half), field=getattr(Body, half), row=row.id)
            for half in leaf.Half
        }
        with connection.cursor() as cursor:
            cursor.execute("SELECT leaf, leaf_hash FROM audit.entry WHERE seq = %s", [row.seq])
            encoded, hashed = (bytes(each) for each in cursor.fetchone())
    core = leaf.check_opening(encoded, leaf.Half.CORE, openings[leaf.Half.CORE])
    pii = leaf.check_opening(encoded, leaf.Half.PII, openings[leaf.Half.PII])
    assert hashed == receipt.leaf_hash
    assert (core["event"], core["verb"], core["object_kind"], core["object"]) == (
        str(row.id), row.verb, row.object_kind, str(row.object_id),
    )  # fmt: skip
    assert row.object_id == task
    assert core["purpose"] == "work"
    assert core["detail"] == {"why": "a private matter"}
    assert (pii["actor"], pii["role"]) == (str(row.actor_id), "owner")
    assert leaf.parse(encoded).at_ms == round(row.at.timestamp() * 1000)


def test_a_detail_stands_nowhere_in_clear(
    acme: Workspace, keeper: Keeper, superuser: psycopg.Connection
) -> None:
    context = acme.context(Role.OWNER)
    with acting(context):
        record(context, Verb.TASK_RELEASED, object_kind="task", detail={"why": "a private matter"})
    keeper.settle()
    for table in ("body", "entry", "pending"):
        rows = superuser.execute(f"SELECT * FROM audit.{table}").fetchall()
        for value in (value for row in rows for value in row):
            assert b"private" not in (bytes(value) if isinstance(value, bytes) else str(value).encode())


def test_a_delivery_names_each_object_and_its_digest(acme: Workspace, keeper: Keeper) -> None:
    context = acme.context(Role.OWNER)
    objects = [(uuid4(), sha256(bytes([n % 256])).digest()) for n in range(MOST_OBJECTS)]
    with acting(context):
        many = deliver(context, Verb.TASK_DELIVERED, object_kind="task", objects=objects)
        one = deliver(context, Verb.TASK_DELIVERED, object_kind="task", objects=objects[:1])
    keeper.settle()
    with acting(context):
        row = Body.objects.get(id=many.event_id)
        opening = context.keyring.open(row.core, field=Body.core, row=row.id)
        assert row.object_id is None
        assert Body.objects.get(id=one.event_id).object_id == objects[0][0]
    listed = json.loads(opening[leaf.SALT_BYTES :])["detail"]["objects"]
    assert [each for each, _ in listed] == [str(each) for each, _ in objects]


@pytest.mark.parametrize(
    ("verb", "count", "digest"),
    [
        (Verb.TASK_DELIVERED, 0, b"d" * 32),
        (Verb.TASK_DELIVERED, MOST_OBJECTS + 1, b"d" * 32),
        (Verb.TASK_DELIVERED, 1, b"d" * 20),
        (Verb.TASK_RELEASED, 1, b"d" * 32),
    ],
)
def test_a_delivery_that_says_too_little_is_refused(
    acme: Workspace, verb: Verb, count: int, digest: bytes
) -> None:
    context = acme.service(Purpose.JOB)
    with pytest.raises(ValueError, match=r"event covers|digest|delivered"), acting(context):
        deliver(context, verb, object_kind="task", objects=[(uuid4(), digest)] * count)


def test_creating_a_tenant_is_the_first_thing_its_log_says(acme: Workspace, keeper: Keeper) -> None:
    keeper.settle()
    context = acme.service(Purpose.JOB)
    with acting(context):
        first, second = Body.objects.order_by("seq")[:2]
        with connection.cursor() as cursor:
            cursor.execute("SELECT inception FROM audit.log")
            assert cursor.fetchone() == (first.id,)
    assert (first.verb, second.verb) == (Verb.LOG_OPENED, Verb.TENANT_CREATED)


def test_every_verb_is_two_words_has_a_sentence_and_keeps_its_place() -> None:
    values = [verb.value for verb in Verb]
    assert all(len(value.split(".")) == 2 for value in values)
    assert set(SENTENCES) == set(Verb)
    assert values == sorted(values)


def test_events_of_one_tenant_keep_their_order(acme: Workspace, keeper: Keeper) -> None:
    receipts = [*happen(acme, 20), *happen(acme, 20)]
    keeper.settle()
    with acting(acme.service(Purpose.JOB)):
        ids = list(Body.objects.order_by("seq").values_list("id", flat=True))
    assert ids[-40:] == [receipt.event_id for receipt in receipts]

"""Work receipts, live: from an accepted answer to a file that verifies offline, and what nobody else gets."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import DatabaseError, connection

from annotation.labels.answer import encode_answer
from annotation.models import Submission
from annotation.services.submit_task import submit_task
from annotation.services.take_tasks import take_tasks
from audit.pins import Pin
from audit.verify.__main__ import main
from audit.verify.judge import Verdict
from audit.verify.work import judge_work
from audit.work import WORK_LOG, WorkOpenings, open_person, open_work
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tests.annotation.conftest import Logged
from tests.annotation.making import GLAD, SAD, Work, new_work
from tests.annotation.visiting import Visitor
from tests.audit.logkeeping import Keeper
from tests.stack import Stack
from tests.world import Someone, Workspace


@pytest.fixture
def keeper(stack: Stack) -> Iterator[Keeper]:
    """Sequencer and signer, run by hand."""
    with Keeper(stack, shared=True) as keeper:
        yield keeper


@pytest.fixture
def superuser(stack: Stack) -> Iterator[psycopg.Connection]:
    """The one role that sees the work log."""
    with psycopg.connect(stack.cluster.superuser_url("cell"), autocommit=True) as raw:
        yield raw


def answered(work: Work, someone: Someone, text: str = "a text") -> UUID:
    """Let somebody answer one more item; return the answer's id, which is the entry's."""
    (task,) = work.add(text)
    take_tasks(someone.context, project_id=work.project_id, count=50)
    return submit_task(someone.context, task_id=task, answer=GLAD, lead_ms=4000, active_ms=3000).submission_id


def test_an_answer_and_its_work_entry_are_there_together_and_say_the_same(
    acme: Workspace, superuser: psycopg.Connection
) -> None:
    work, someone = new_work(acme), acme.someone(Role.LABELER)
    work.assign(someone)
    (task,) = work.add("a text")
    take_tasks(someone.context, project_id=work.project_id)
    done = submit_task(someone.context, task_id=task, answer=GLAD, lead_ms=10**7, active_ms=10**7)
    row = superuser.execute(
        "select leaf, verb, actor_id, object_kind, object_id, core, pii from audit.pending"
        " where tenant_id = %s and id = %s",
        [WORK_LOG, done.submission_id],
    ).fetchone()
    assert row is not None
    leaf, verb, actor, kind, subject, core, pii = row
    assert (verb, actor, kind, subject, core, pii) == ("work.receipted", WORK_LOG, "work", None, None, None)
    assert done.work is not None
    said = open_work(leaf, done.work.work)
    assert open_person(leaf, done.work.person) == someone.member_id
    with acting(acme.context()):
        kept = Submission.objects.get(id=done.submission_id)
    # The client's times are cut to how long the item was held, in both places alike.
    assert (said.entry, said.active_ms) == (kept.id, kept.active_ms)
    assert 0 <= said.active_ms < 10**7
    assert said.answer == sha256(encode_answer(GLAD)).digest()
    for told in (acme.tenant_id, work.project_id, task, someone.member_id):
        assert str(told).encode() not in leaf
        assert told.bytes not in leaf


def test_the_same_answer_again_gives_the_same_openings_and_no_second_entry(
    acme: Workspace, superuser: psycopg.Connection
) -> None:
    work = new_work(acme)
    someone = work.labeler()
    (task,) = work.add("a text")
    take_tasks(someone.context, project_id=work.project_id)
    entries = "select count(*) from audit.pending where tenant_id = %s"
    first = submit_task(someone.context, task_id=task, answer=GLAD)
    before = superuser.execute(entries, [WORK_LOG]).fetchone()
    again = submit_task(someone.context, task_id=task, answer=GLAD)
    assert again.again
    assert again.work == first.work
    assert superuser.execute(entries, [WORK_LOG]).fetchone() == before


def test_a_receipt_verifies_offline_with_the_pin_and_not_when_it_was_tampered_with(
    acme: Workspace, keeper: Keeper, logged: Logged, tmp_path: Path
) -> None:
    work = new_work(acme)
    visitor, other = Visitor(work.labeler()), Visitor(work.labeler(1))
    keeper.settle()
    pin = visitor.api("GET", "receipts/work/pin")
    assert pin.status_code == 200
    entry = answered(work, visitor.someone)
    theirs = answered(work, other.someone)
    early = visitor.api("GET", f"receipts/work/{entry}/proof")
    assert (early.status_code, early.json()["code"]) == (409, "event_pending")
    keeper.settle()
    answer = visitor.api("GET", f"receipts/work/{entry}/proof")
    assert answer.status_code == 200
    assert answer["Audit-Receipt"].split(";")[0] == logged(acme, "work_receipt.delivered")[-1]
    file, kept = tmp_path / "work.receipt", tmp_path / "work.pin"
    file.write_bytes(answer.content)
    kept.write_bytes(pin.content)
    assert main(["work", str(file), "--pin", str(kept)]) == 0
    report = judge_work(answer.content, Pin.parse(pin.content))
    assert (report.verdict, report.person, report.work.entry) == (
        Verdict.GOOD,
        visitor.someone.member_id,
        entry,
    )
    # Another person's words about themselves do not open this entry.
    lines, others = answer.content.split(b"\n"), other.api("GET", f"receipts/work/{theirs}/proof").content
    lines[2] = others.split(b"\n")[2]
    file.write_bytes(b"\n".join(lines))
    assert main(["work", str(file), "--pin", str(kept)]) == 1
    file.write_bytes(answer.content.replace(b"index ", b"index 1", 1))
    assert main(["work", str(file), "--pin", str(kept)]) in (1, 2)


def test_nobody_else_gets_a_receipt(acme: Workspace, rival: Workspace, keeper: Keeper) -> None:
    work = new_work(acme)
    mine = work.labeler()
    entry = answered(work, mine)
    keeper.settle()
    assert Visitor(mine).api("GET", f"receipts/work/{entry}/proof").status_code == 200
    stranger = new_work(rival).labeler()
    absent = Visitor(mine).api("GET", f"receipts/work/{uuid4()}/proof")
    for somebody in (work.labeler(1), stranger):
        answer = Visitor(somebody).api("GET", f"receipts/work/{entry}/proof")
        assert (answer.status_code, answer.content) == (404, absent.content)
    # An owner reads every answer of the tenant, and no labeler's salts.
    assert Visitor(acme.someone(Role.OWNER)).api("GET", f"receipts/work/{entry}/proof").status_code == 403


def test_the_page_sends_the_same_files(acme: Workspace, keeper: Keeper) -> None:
    work = new_work(acme)
    visitor = Visitor(work.labeler())
    entry = answered(work, visitor.someone)
    keeper.settle()
    shown = visitor.page(f"work/receipts/{entry}")
    assert judge_work(shown.content, Pin.parse(visitor.page("work/log.pin").content)).verdict is Verdict.GOOD
    assert "attachment" in shown["Content-Disposition"]


def test_a_tenant_sees_nothing_of_the_work_log_and_adds_to_it_in_one_way_only(acme: Workspace) -> None:
    work = new_work(acme)
    answered(work, work.labeler())
    context = acme.context()
    for table in ("log", "entry", "body", "head", "edge", "tile", "checkpoint"):
        with acting(context), connection.cursor() as cursor:
            cursor.execute(f"select count(*) from audit.{table} where tenant_id = %s", [WORK_LOG])
            assert cursor.fetchone() == (0,)
    insert = (
        "insert into audit.pending (tenant_id, id, verb, actor_id, object_kind, at, leaf)"
        " values (%s, %s, 'work.receipted', %s, 'work', now(), '{}')"
    )
    for tenant in (WORK_LOG, acme.tenant_id):
        with pytest.raises(DatabaseError), acting(context), connection.cursor() as cursor:
            cursor.execute(insert, [tenant, uuid4(), WORK_LOG])
    with pytest.raises(DatabaseError), acting(context), connection.cursor() as cursor:
        cursor.execute("select audit.add_work(%s, now(), %s)", [uuid4(), b'{"person":"in clear"}'])
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("select audit.add_work(%s, now(), %s)", [uuid4(), b"{}"])


def test_without_its_work_entry_no_answer_is_accepted(
    acme: Workspace, superuser: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from annotation.services import submit_task as submitting

    work = new_work(acme)
    someone = work.labeler()
    (task,) = work.add("a text")
    take_tasks(someone.context, project_id=work.project_id)

    class Unfit:
        """A work entry that the log's own check refuses."""

        at, leaf, openings = "2026-01-01T00:00:00Z", b"not a leaf", WorkOpenings(b"w", b"p")

    with monkeypatch.context() as broken:
        broken.setattr(submitting, "build_work", lambda **_: Unfit)
        with pytest.raises(Exception, match=r"not an event|answer|held"):
            submit_task(someone.context, task_id=task, answer=GLAD)
    with acting(acme.context()):
        assert not Submission.objects.exists()
    assert not submit_task(someone.context, task_id=task, answer=SAD).again


def test_the_work_log_holds_by_itself(acme: Workspace, keeper: Keeper) -> None:
    from audit.fsck import check_logs

    work = new_work(acme)
    someone = work.labeler()
    for n in range(3):
        answered(work, someone, f"text {n}")
    keeper.settle()
    with keeper.connect("rf_checker") as database:
        (report,) = check_logs(database, WORK_LOG)
    assert report.problems == ()
    assert report.events >= 4

"""Unwraps at the key service, our notes of them and the tenant's log: a day's work agrees, and each gap is found."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from annotation.models import Task
from annotation.tasks import keep_aggregates_everywhere
from annotation.values import ProjectRight
from audit.services.record import record
from audit.verbs import Verb
from ringfence import celery as _worker  # noqa: F401 - its import says on what errand a job is
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.errand import come_back, set_out
from ringfence.kernel.errors import Dark
from ringfence.kernel.permissions import Purpose, Role
from tenants.keys import keyring
from tenants.keys.keyring import encryption_context
from tenants.keys.service import key_service
from tenants.keys.unwrapping import NOTES
from tenants.keys.vault import vault
from tenants.models import Profile, TenantKey
from tests.annotation.making import GLAD, Work, new_work
from tests.annotation.visiting import Visitor
from tests.audit.logkeeping import Keeper, triggers_off
from tests.stack import REPO, Stack
from tests.world import Someone, Workspace


class Day:
    """A span of time in one workspace, and the command that looks back at it."""

    def __init__(self, stack: Stack, workspace: Workspace) -> None:
        self.stack, self.workspace = stack, workspace
        self.record, self.notes = stack.directory / "keys", stack.directory / "unwraps"

    def begin(self) -> None:
        self.since = datetime.now(UTC)

    def reconcile(self, *more: str, role: str = "rf_checker") -> tuple[int, str]:
        """Return the command's exit code, and what it said."""
        done = subprocess.run(
            [sys.executable, str(REPO / "manage.py"), "audit_reconcile", *self.span(), *more],
            env=self.stack.environment(role),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def span(self) -> list[str]:
        until = datetime.now(UTC).isoformat()
        return [
            "--since",
            self.since.isoformat(),
            "--until",
            until,
            "--tenant",
            str(self.workspace.tenant_id),
        ]

    def lines(self, folder: Path) -> list[tuple[Path, str]]:
        """Return this workspace's unwraps since the day began, in order, with their files."""
        return [
            (file, line)
            for file in sorted(folder.glob("*.jsonl"))
            for line in file.read_text().splitlines()
            if str(self.workspace.tenant_id) in line
            and datetime.fromisoformat(json.loads(line)["at"]) >= self.since
        ]

    def remove(self, file: Path, line: str) -> None:
        text = file.read_text()
        assert text.count(line + "\n") == 1
        file.write_text(text.replace(line + "\n", ""))


def cool_down() -> None:
    """Forget every opened key, as a process does that begins."""
    vault._customers.clear()
    keyring._write_keys.clear()
    keyring._origins.clear()


def tell(context: TenantContext) -> None:
    """Open something in a unit of work, and tell the log."""
    cool_down()
    with acting(context):
        record(context, Verb.TASK_RELEASED, object_kind="task", object_id=uuid4())


def read_name(
    context: TenantContext, errand: str = "GET annotation:item", *, many_units: bool = False
) -> None:
    """Open something in a unit of work, on an errand that owes the log an event, and tell nobody."""
    cool_down()
    set_out(errand, many_units=many_units)
    try:
        with acting(context):
            profile = Profile.objects.get()
            context.keyring.open(profile.name, field=Profile.name, row=profile.id)
    finally:
        come_back()


def unwrap_directly(workspace: Workspace) -> None:
    """Unwrap at the key service itself, as a program would that has its credentials and not our code."""
    with acting(workspace.service(Purpose.JOB)):
        key = TenantKey.objects.get(purpose="data")
    context = encryption_context(workspace.tenant_id, "data", key.generation)
    key_service().unwrap(key.key_ref, bytes(key.wrapped or b""), encryption_context=context)


@pytest.fixture
def day(stack: Stack, acme: Workspace) -> Iterator[Day]:
    (stack.directory / "static").mkdir(exist_ok=True)
    acme.someone(Role.OWNER)
    cool_down()
    day = Day(stack, acme)
    day.begin()
    yield day
    cool_down()


def work_for_a_day(work: Work, people: dict[Role, Someone]) -> None:
    """Let each role do what it does, each time in a process whose keys are cold."""
    workspace = work.workspace
    labeler, manager = Visitor(work.labeler()), Visitor(people[Role.MANAGER])
    auditor, owner = Visitor(people[Role.AUDITOR]), Visitor(people[Role.OWNER])
    cool_down()
    taken = labeler.api("POST", f"projects/{work.project_id}/tasks/next", {"count": 2})
    assert taken.status_code == 200
    task = json.loads(taken.content)["tasks"][0]["id"]
    for visitor, path, status in (
        (labeler, "work", 200),
        (owner, "members", 200),
        (owner, "keys", 200),
        (auditor, "audit", 200),
        (manager, "projects", 200),
        (manager, f"projects/{work.project_id}", 200),
        (manager, f"projects/{work.project_id}/items", 200),
        (manager, f"projects/{uuid4()}", 404),
    ):
        cool_down()
        assert visitor.page(path).status_code == status, path
    cool_down()
    body = {"answer": GLAD, "lead_ms": 900, "idempotency_key": str(uuid4())}
    assert labeler.api("POST", f"tasks/{task}/submission?next=1", body).status_code == 201
    cool_down()
    assert labeler.api("POST", "browser-key").status_code == 200
    cool_down()
    keep_aggregates_everywhere.apply()
    cool_down()
    with acting(workspace.context()):
        assert Task.objects.count() == 2


def test_a_day_s_work_agrees(day: Day, acme: Workspace, keeper: Keeper) -> None:
    people = {role: acme.someone(role) for role in (Role.OWNER, Role.MANAGER, Role.AUDITOR)}
    work = new_work(acme)
    work.assign(people[Role.MANAGER], ProjectRight.MANAGE)
    work.assign(people[Role.MANAGER], ProjectRight.READ)
    work.add("one", "two")
    keeper.settle()
    work_for_a_day(work, people)
    there, noted = day.lines(day.record), [line for _, line in day.lines(day.notes)]
    assert len(there) == len(noted) > 15
    errands = {json.loads(line)["errand"] for line in noted}
    assert {"POST annotation-api:next-tasks", "GET audit:log"} <= errands
    code, said = day.reconcile()
    assert code == 0, said
    assert f"{len(there)} unwraps at the key service, {len(noted)} noted" in said
    assert " told," in said
    keeper.settle()
    assert day.reconcile()[0] == 0, "events are found as well once they are in the log"


def test_an_unwrap_past_the_vault_is_found(day: Day, acme: Workspace) -> None:
    tell(acme.context())
    assert day.reconcile()[0] == 0
    unwrap_directly(acme)
    code, said = day.reconcile()
    assert code == 1
    assert said.count("the key service has it and no note of ours") == 1
    assert f"pid={os.getpid()}" in said


def test_an_unwrap_whose_unit_tells_nobody_is_found_though_its_actor_did_other_things(
    day: Day, acme: Workspace
) -> None:
    tell(acme.context())
    read_name(acme.context())
    code, said = day.reconcile()
    assert code == 1
    (line,) = [line for line in said.splitlines() if "told the log nothing" in line]
    assert f"actor={acme.someone(Role.OWNER).member_id}" in line
    assert "errand=GET annotation:item" in line


def test_beside_counts_for_errands_of_several_units_and_only_for_who_did_it(
    day: Day, acme: Workspace
) -> None:
    tell(acme.context())
    read_name(acme.context(), "job annotation.run_export", many_units=True)
    code, said = day.reconcile()
    assert (code, "1 told beside" in said) == (0, True), said
    read_name(acme.context(Role.AUDITOR), "job annotation.run_export", many_units=True)
    assert day.reconcile()[0] == 1


@pytest.mark.parametrize(("error", "code"), [(ValueError, 0), (GeneratorExit, 1)])
def test_a_unit_that_was_rolled_back_owes_nothing_unless_it_was_a_stream_that_its_reader_left(
    day: Day, acme: Workspace, error: type[BaseException], code: int
) -> None:
    def read_and_stop() -> None:
        with acting(context):
            profile = Profile.objects.get()
            context.keyring.open(profile.name, field=Profile.name, row=profile.id)
            raise error

    context = acme.context()
    cool_down()
    set_out("GET annotation:item", many_units=False)
    with pytest.raises(error):
        read_and_stop()
    come_back()
    assert day.reconcile()[0] == code


@pytest.mark.parametrize("side", ["record", "notes"])
def test_a_line_that_was_removed_is_found_on_either_side(day: Day, acme: Workspace, side: str) -> None:
    for _ in range(3):
        tell(acme.context())
    folder = day.record if side == "record" else day.notes
    day.remove(*day.lines(folder)[1])
    code, said = day.reconcile()
    assert code == 1
    assert {
        "record": "noted, and the key service has no such unwrap",
        "notes": "the key service has it and no note of ours",
    }[side] in said


def test_the_end_of_a_unit_that_was_removed_is_found(day: Day, acme: Workspace) -> None:
    read_name(acme.context(Role.AUDITOR), "GET tenants:members")
    _, line = day.lines(day.notes)[-1]
    unit = json.loads(line)["unit"]
    file = max(day.notes.glob("*.jsonl"))
    (end,) = [each for each in file.read_text().splitlines() if unit in each and '"kind":"unit"' in each]
    day.remove(file, end)
    code, said = day.reconcile()
    assert (code, "its unit has no end" in said) == (1, True), said


def test_a_line_that_cannot_be_read_is_said(day: Day, acme: Workspace) -> None:
    tell(acme.context())
    file = max(day.notes.glob("*.jsonl"))
    before = file.read_text()
    file.write_text(before + '\n{"at": "2')
    try:
        code, said = day.reconcile()
    finally:
        file.write_text(before)
    assert (code, "0 of the record, 1 of notes" in said) == (1, True), said


@pytest.mark.parametrize("settled", [False, True], ids=["waiting", "in the log"])
def test_an_event_that_was_removed_is_found(
    day: Day, acme: Workspace, keeper: Keeper, superuser: psycopg.Connection, settled: bool
) -> None:
    cool_down()
    context = acme.context()
    with acting(context):
        receipts = [
            record(context, Verb.TASK_RELEASED, object_kind="task", object_id=uuid4()) for _ in range(2)
        ]
    if settled:
        keeper.settle()
    assert day.reconcile()[0] == 0
    table = "body" if settled else "pending"
    with triggers_off(superuser, table):
        gone = superuser.execute(f"DELETE FROM audit.{table} WHERE id = %s", [receipts[0].event_id])
        assert gone.rowcount == 1
    code, said = day.reconcile()
    assert (code, "recorded 2 events and the log lacks one" in said) == (1, True), said


def cloud(day: Day, file: Path, *, more: int = 0) -> Path:
    """Write what AWS CloudTrail would hold of the local key service, the last unwrap `more` times over."""
    lines = [json.loads(line) for _, line in day.lines(day.record)]
    records = [
        {
            "eventID": str(uuid4()),
            "eventTime": f"{datetime.fromisoformat(line['at']):%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": "kms.amazonaws.com",
            "eventName": "Decrypt",
            "requestParameters": {"encryptionContext": line["context"]},
            "resources": [{"type": "AWS::KMS::Key", "ARN": line["key"]}],
        }
        for line in lines + lines[-1:] * more
    ]
    file.write_text(json.dumps({"Records": records}))
    return file


def test_a_cloud_s_record_agrees_and_one_more_decrypt_is_found(
    day: Day, acme: Workspace, tmp_path: Path
) -> None:
    for _ in range(3):
        tell(acme.context())
    day.since -= timedelta(seconds=1)
    assert day.reconcile("--kms", str(cloud(day, tmp_path / "trail.json")))[0] == 0
    code, said = day.reconcile("--kms", str(cloud(day, tmp_path / "more.json", more=1)))
    assert code == 1
    assert said.count("no note of ours") == 1


def test_a_run_goes_on_where_the_last_one_without_a_finding_ended(
    day: Day, acme: Workspace, tmp_path: Path
) -> None:
    tell(acme.context())
    state = tmp_path / "state.json"
    assert day.reconcile("--state", str(state))[0] == 0
    kept = state.read_text()
    unwrap_directly(acme)
    assert day.reconcile("--state", str(state))[0] == 1
    assert state.read_text() == kept


def test_only_the_checker_may_ask_the_logs(day: Day, acme: Workspace) -> None:
    tell(acme.context())
    code, said = day.reconcile(role="rf_app")
    assert code == 1
    assert "permission denied for function tells_of" in said


@pytest.mark.parametrize("side", ["record", "notes"])
def test_where_a_line_cannot_be_written_no_key_is_given(day: Day, acme: Workspace, side: str) -> None:
    context = acme.context()
    tell(context)
    before = len(day.lines(day.record)), len(day.lines(day.notes))
    folder = day.record if side == "record" else day.notes
    file = max(folder.glob("*.jsonl"))
    aside = folder.with_name("aside.jsonl")
    file.rename(aside)
    file.mkdir()
    try:
        cool_down()
        with pytest.raises(Dark, match="does not answer") as caught, acting(context):
            record(context, Verb.TASK_RELEASED, object_kind="task", object_id=uuid4())
        assert "cannot be written" in str(caught.value.__cause__)
        assert not any(customer.tenant_keys for customer in vault._customers.values())
    finally:
        file.rmdir()
        aside.rename(file)
    tell(context)
    assert len(day.lines(day.notes)) == before[1] + 1
    # Where our note failed, the key service had opened already, and its line says so: that is found.
    assert day.reconcile()[0] == (0 if side == "record" else 1)


def test_an_opened_key_costs_no_line(day: Day, acme: Workspace) -> None:
    context = acme.context()
    tell(context)
    before = len(day.lines(day.record))
    with acting(context):
        record(context, Verb.TASK_RELEASED, object_kind="task", object_id=uuid4())
    vault.probe_all()
    assert len(day.lines(day.record)) == before == len(day.lines(day.notes))


def test_notes_are_their_owner_s_alone_and_hold_ids(day: Day, acme: Workspace) -> None:
    tell(acme.context())
    assert day.notes.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in day.notes.iterdir()} == {0o600}
    note = json.loads(day.lines(day.notes)[0][1])
    assert UUID(note["actor"]) == acme.someone(Role.OWNER).member_id
    assert note.keys() >= {"at", "key", "context", "ok", "process", "pid", "errand", "actor", "acts", "unit"}
    assert all(file.name.startswith(NOTES) for file in day.notes.iterdir())

"""The walls that annotation's own tables add: sealed columns, references inside one tenant, the log before content."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, models

from annotation.access import permission_id
from annotation.models import Mark, ProjectGrant, Slot, Submission, Task
from annotation.services import submit_task as submitting
from annotation.services import take_tasks as taking
from annotation.services.queue_sql import TAKE
from annotation.values import LANES, LAST_LANE, ProjectRight, SlotState
from ringfence.kernel.context import acting
from ringfence.kernel.ids import uuid7
from ringfence.kernel.models import TenantModel, sealed_fields
from ringfence.kernel.registry import CANARIES, CanaryRows
from tests.annotation.making import GLAD, Work, new_work
from tests.annotation.queueing import end_leases, take
from tests.world import Workspace

MODELS = [model for model in apps.get_app_config("annotation").get_models() if issubclass(model, TenantModel)]
SEALED = [(model, field.column) for model in MODELS for field in sealed_fields(model)]


def canaries(workspace: Workspace) -> CanaryRows:
    """Make one row of each model, inside the caller's unit of work."""
    context, rows = workspace.context(), CanaryRows()
    with acting(context):
        for model, factory in CANARIES.items():
            if model in MODELS or model is get_user_model():
                rows[model] = factory(context, rows)
    return rows


def test_the_population_is_there() -> None:
    assert len(MODELS) == 27
    assert len(SEALED) >= 20


def test_every_model_has_a_canary_that_the_rival_does_not_see(acme: Workspace, rival: Workspace) -> None:
    rows = canaries(acme)
    assert set(MODELS) <= set(rows)
    with acting(acme.context()):
        assert all(model.objects.filter(pk=rows[model].pk).exists() for model in MODELS)
    with acting(rival.context()), connection.cursor() as cursor:
        for model in MODELS:
            assert not model.objects.filter(pk=rows[model].pk).exists()
            # The policy alone, without the manager's filter.
            cursor.execute(
                f"select count(*) from {model._meta.db_table} where tenant_id = %s", [acme.tenant_id]
            )
            assert cursor.fetchone() == (0,)


@pytest.mark.parametrize(("model", "column"), SEALED, ids=lambda v: getattr(v, "__name__", v))
def test_a_sealed_column_takes_no_clear_bytes(
    acme: Workspace, model: type[models.Model], column: str
) -> None:
    canaries(acme)
    with (
        pytest.raises(IntegrityError, match=f"{column}_is_sealed"),
        acting(acme.context()),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"update {model._meta.db_table} set {column} = %s", [b"in clear"])


def foreign_task(rows: CanaryRows, theirs: CanaryRows, me: UUID) -> models.Model:
    return Slot(task_id=theirs[Task].pk, n=0, project_id=rows[apps.get_model("annotation.Project")].pk, seq=1)


def foreign_project(rows: CanaryRows, theirs: CanaryRows, me: UUID) -> models.Model:
    project = theirs[apps.get_model("annotation.Project")].pk
    return Slot(task_id=rows[Task].pk, n=5, project_id=project, seq=1)


def foreign_member(rows: CanaryRows, theirs: CanaryRows, me: UUID) -> models.Model:
    return ProjectGrant(
        content_object_id=rows[apps.get_model("annotation.Project")].pk,
        user_id=theirs[get_user_model()].pk,
        permission_id=permission_id(ProjectRight.LABEL),
    )


def foreign_project_of_grant(rows: CanaryRows, theirs: CanaryRows, me: UUID) -> models.Model:
    return ProjectGrant(
        content_object_id=theirs[apps.get_model("annotation.Project")].pk,
        user_id=rows[get_user_model()].pk,
        permission_id=permission_id(ProjectRight.READ),
    )


def foreign_mark(rows: CanaryRows, theirs: CanaryRows, me: UUID) -> models.Model:
    return Mark(project_id=theirs[apps.get_model("annotation.Project")].pk, labeler_id=me, lane=4, seq=1)


def answer_without_slot(rows: CanaryRows, theirs: CanaryRows, me: UUID) -> models.Model:
    first = rows[Submission]
    assert isinstance(first, Submission)
    return Submission(
        project_id=first.project_id,
        task_id=first.task_id,
        n=9,
        labeler_id=uuid7(),
        answer=first.answer,
        lead_ms=1,
        schema_version=1,
        submitted_at=first.submitted_at,
    )


@pytest.mark.parametrize(
    "crossing",
    [
        foreign_task,
        foreign_project,
        foreign_member,
        foreign_project_of_grant,
        foreign_mark,
        answer_without_slot,
    ],
)
def test_no_row_refers_to_another_tenants(
    acme: Workspace, rival: Workspace, crossing: Callable[[CanaryRows, CanaryRows, UUID], models.Model]
) -> None:
    ours, theirs = canaries(acme), canaries(rival)
    owner = acme.context()
    with acting(owner):
        row = crossing(ours, theirs, owner.actor_id)
    with pytest.raises(IntegrityError, match=r"same_tenant|is_for_a_slot"), acting(owner):
        # Not save(): django-guardian looks at the project first, and this wall is tested alone.
        type(row)._default_manager.bulk_create([row])


@pytest.mark.parametrize(
    "broken",
    [
        {"state": SlotState.LEASED},
        {"labeler_id": UUID(int=7)},
        {"state": SlotState.LEASED, "labeler_id": UUID(int=7)},
        {"state": SlotState.ANSWERED},
    ],
)
def test_a_lease_is_whole_or_not_at_all(acme: Workspace, broken: dict[str, Any]) -> None:
    work = new_work(acme)
    (task,) = work.add("one")
    with pytest.raises(IntegrityError), acting(acme.context()):
        Slot.objects.filter(task_id=task).update(**broken)


def test_no_delivery_no_content(acme: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    work = new_work(acme)
    (task,) = work.add("one")
    someone = work.labeler()

    def unable(*_: object, **__: object) -> None:
        raise ConnectionError("the log does not answer")

    with monkeypatch.context() as broken:
        broken.setattr(taking, "deliver", unable)
        with pytest.raises(ConnectionError):
            take(someone, work)
    with acting(acme.context()):
        assert Slot.objects.get(task_id=task).state == SlotState.OPEN
        assert not Mark.objects.exists()
    assert take(someone, work) == [task]
    with monkeypatch.context() as broken:
        broken.setattr(submitting, "build_event", unable)
        with pytest.raises(ConnectionError):
            submitting.submit_task(someone.context, task_id=task, answer=GLAD)
    with acting(acme.context()):
        assert not Submission.objects.exists()
        assert Slot.objects.get(task_id=task).state == SlotState.LEASED


def test_the_sweep_serves_every_tenant(acme: Workspace, rival: Workspace) -> None:
    from annotation.tasks import sweep_everywhere

    for workspace in (acme, rival):
        work = new_work(workspace)
        (task,) = work.add("one")
        take(work.labeler(), work)
        end_leases(workspace.context(), task)
    sweep_everywhere()
    for workspace in (acme, rival):
        with acting(workspace.context()):
            assert list(Slot.objects.values_list("state", "lane")) == [(SlotState.OPEN, 3)]


def plans(node: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a plan's nodes, flattened."""
    return [node, *(inner for child in node.get("Plans", []) for inner in plans(child))]


def explained(work: Work) -> list[dict[str, Any]]:
    """Return the nodes of TAKE's plan for one labeler, as the application's role under its policies."""
    context = work.labeler().context
    with acting(context), connection.cursor() as cursor:
        cursor.execute("select current_user")
        assert cursor.fetchone() == ("rf_app",)
        cursor.execute(
            "explain (format json) " + TAKE,
            {
                "project": work.project_id,
                "me": context.actor_id,
                "epoch": context.epoch,
                "lanes": list(LANES),
                "last": LAST_LANE,
                "label": permission_id(ProjectRight.LABEL),
            },
        )
        (plan,) = cursor.fetchone()
    return plans(plan[0]["Plan"])


def test_take_walks_the_queue_by_its_index_from_the_mark(acme: Workspace) -> None:
    work = new_work(acme)
    work.add(*(f"text {n}" for n in range(4000)))
    nodes = explained(work)
    heads = [node for node in nodes if node.get("Index Name") == "slot_open"]
    assert len(heads) == 1
    for part in ("tenant_id =", "project_id =", "lane = lane", "seq > lane"):
        assert part in heads[0]["Index Cond"], heads[0]
    probes = [node for node in nodes if node.get("Alias", "").startswith("m_") or node.get("Alias") == "m"]
    assert all("Index Cond" in node for node in probes if node.get("Relation Name") == "annotation_slot")
    assert not [n for n in nodes if n["Node Type"] == "Seq Scan" and n["Relation Name"] == "annotation_slot"]

"""One canary row for each model of this room, for the isolation check."""

import json
from hashlib import sha256
from uuid import UUID

from django.contrib.auth import get_user_model
from django.utils import timezone

from annotation.access import permission_id
from annotation.labels.answer import encode_answer
from annotation.labels.item import encode_item
from annotation.labels.quiz import QuizQuestion, encode_quiz
from annotation.models import (
    ExportJob,
    ExportPart,
    GuidelinesVersion,
    ImportJob,
    Mark,
    Project,
    ProjectGrant,
    RefusedRows,
    SchemaVersion,
    Slot,
    Submission,
    Task,
    UploadPart,
)
from annotation.services.work_openings import seal_openings
from annotation.values import DEFAULT_LANE, LANES, ProjectRight, SlotState
from audit.services.work_log import build_work
from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Role
from ringfence.kernel.registry import CanaryRows, canary_for
from tenants.gate.canaries import canary_members

SCHEMA = {
    "version": 1,
    "item": {"text": "text"},
    "questions": [
        {
            "id": "canary",
            "type": "choice",
            "text": "Does the canary sing?",
            "options": [{"id": "yes", "text": "Yes"}, {"id": "no", "text": "No"}],
        }
    ],
}
FAR_AWAY = 10**9
"""A place in the queue that no import reaches, so that every canary can make one more row."""


def labeler_of(context: TenantContext) -> UUID:
    """Return the canary's labeler, who reaches these rows as people reach their own work; else the actor."""
    labeler = canary_members(context.tenant_id).get(Role.LABELER)
    return labeler.member_id if labeler else context.actor_id


@canary_for(Project)
def canary_project(context: TenantContext, rows: CanaryRows) -> Project:
    """Make an empty project."""
    row = uuid7()
    name = context.keyring.seal(b"Canary", field=Project.name, row=row, unit=row)
    return Project.objects.create(id=row, name=name, next_seq=FAR_AWAY + 1, created_at=timezone.now())


@canary_for(SchemaVersion)
def canary_schema(context: TenantContext, rows: CanaryRows) -> SchemaVersion:
    """Make version 1 of the project's label schema."""
    project, row = rows[Project], uuid7()
    Project.objects.filter(id=project.pk).update(schema_version=1)
    body = context.keyring.seal(
        json.dumps(SCHEMA).encode(), field=SchemaVersion.body, row=row, unit=project.pk
    )
    return SchemaVersion.objects.create(
        id=row, project_id=project.pk, n=1, body=body, created_at=timezone.now()
    )


@canary_for(GuidelinesVersion)
def canary_guidelines(context: TenantContext, rows: CanaryRows) -> GuidelinesVersion:
    """Make version 1 of the project's guidelines."""
    project, row = rows[Project], uuid7()
    Project.objects.filter(id=project.pk).update(guidelines_version=1)
    body = context.keyring.seal(b"# Listen", field=GuidelinesVersion.body, row=row, unit=project.pk)
    asked = (QuizQuestion("Which bird?", ("A wren", "A cuckoo"), 0, "It is small."),)
    quiz = context.keyring.seal(encode_quiz(asked), field=GuidelinesVersion.quiz, row=row, unit=project.pk)
    return GuidelinesVersion.objects.create(
        id=row, project_id=project.pk, n=1, body=body, quiz=quiz, created_at=timezone.now()
    )


@canary_for(ProjectGrant)
def canary_grant(context: TenantContext, rows: CanaryRows) -> ProjectGrant:
    """Give the canary member the right to label."""
    made: ProjectGrant = ProjectGrant.objects.create(
        content_object_id=rows[Project].pk,
        user_id=rows[get_user_model()].pk,
        permission_id=permission_id(ProjectRight.LABEL),
    )
    return made


@canary_for(ImportJob)
def canary_import(context: TenantContext, rows: CanaryRows) -> ImportJob:
    """Make an import that is finished."""
    project, row = rows[Project], uuid7()
    seal = context.keyring.seal
    return ImportJob.objects.create(
        id=row,
        project_id=project.pk,
        state="done",
        file_name=seal(b"canary.jsonl", field=ImportJob.file_name, row=row, unit=project.pk),
        format="jsonl",
        options=seal(b"{}", field=ImportJob.options, row=row, unit=project.pk),
        asked_by_id=context.actor_id,
        asked_at=timezone.now(),
    )


@canary_for(UploadPart)
def canary_upload_part(context: TenantContext, rows: CanaryRows) -> UploadPart:
    """Make the first piece of the import's file."""
    row = uuid7()
    body = context.keyring.seal(b"{}", field=UploadPart.body, row=row, unit=rows[Project].pk)
    return UploadPart.objects.create(id=row, import_job_id=rows[ImportJob].pk, n=0, body=body)


@canary_for(RefusedRows)
def canary_refused_rows(context: TenantContext, rows: CanaryRows) -> RefusedRows:
    """Make the first piece of the import's refusals."""
    row = uuid7()
    body = context.keyring.seal(b"{}", field=RefusedRows.body, row=row, unit=rows[Project].pk)
    return RefusedRows.objects.create(id=row, import_job_id=rows[ImportJob].pk, n=0, rows=1, body=body)


@canary_for(Task)
def canary_task(context: TenantContext, rows: CanaryRows) -> Task:
    """Make one item."""
    project, row = rows[Project], uuid7()
    payload = context.keyring.seal(
        encode_item({"text": "tweet"}), field=Task.payload, row=row, unit=project.pk
    )
    return Task.objects.create(
        id=row,
        project_id=project.pk,
        seq=FAR_AWAY,
        payload=payload,
        size_class=256,
        external_blind=context.keyring.blind(row.hex, field=Task.external_blind),
    )


@canary_for(Slot)
def canary_slot(context: TenantContext, rows: CanaryRows) -> Slot:
    """Make the item's one wanted answer, given by the platform itself."""
    return Slot.objects.create(
        task_id=rows[Task].pk,
        n=0,
        project_id=rows[Project].pk,
        lane=DEFAULT_LANE,
        seq=FAR_AWAY,
        state=SlotState.ANSWERED,
        labeler_id=context.actor_id,
        epoch=0,
    )


@canary_for(Mark)
def canary_mark(context: TenantContext, rows: CanaryRows) -> Mark:
    """Make somebody's place in the queue."""
    return Mark.objects.create(
        project_id=rows[Project].pk, labeler_id=context.actor_id, lane=LANES[0], seq=FAR_AWAY
    )


@canary_for(Submission)
def canary_submission(context: TenantContext, rows: CanaryRows) -> Submission:
    """Make the answer to the item."""
    project, row = rows[Project], uuid7()
    giver = labeler_of(context)
    openings = build_work(entry=row, answer=bytes(32), active_ms=1, person=giver).openings
    return Submission.objects.create(
        id=row,
        project_id=project.pk,
        task_id=rows[Task].pk,
        n=0,
        labeler_id=giver,
        answer=context.keyring.seal(
            encode_answer({"canary": "yes"}), field=Submission.answer, row=row, unit=project.pk
        ),
        lead_ms=1,
        schema_version=1,
        receipt="",
        work_openings=seal_openings(context, row, openings),
        submitted_at=timezone.now(),
    )


@canary_for(ExportJob)
def canary_export(context: TenantContext, rows: CanaryRows) -> ExportJob:
    """Make an export that is finished."""
    project, row = rows[Project], uuid7()
    digest = context.keyring.seal(bytes(32), field=ExportJob.digest, row=row, unit=project.pk)
    return ExportJob.objects.create(
        id=row,
        project_id=project.pk,
        state="done",
        format="jsonl",
        parts=1,
        digest=digest,
        asked_by_id=context.actor_id,
        asked_at=timezone.now(),
    )


@canary_for(ExportPart)
def canary_export_part(context: TenantContext, rows: CanaryRows) -> ExportPart:
    """Make the first piece of the export."""
    row = uuid7()
    body = context.keyring.seal(b"{}", field=ExportPart.body, row=row, unit=rows[Project].pk)
    return ExportPart.objects.create(
        id=row, export_job_id=rows[ExportJob].pk, n=0, rows=1, body=body, sealed_sha256=sha256(body).digest()
    )

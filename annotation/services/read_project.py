"""A project's texts, opened: its name, label schema and guidelines. One delivery for all of them."""

from dataclasses import replace
from hashlib import sha256
from uuid import UUID

from annotation.access import reach_project
from annotation.labels.quiz import Quiz
from annotation.labels.schema import decode_schema, encode_schema
from annotation.models import GuidelinesVersion, Project, SchemaVersion
from annotation.services.list_projects import opened, rights_on
from annotation.services.quizzes import quiz_of, shown_digest
from annotation.values import ProjectRight, ProjectTexts
from audit.services.deliver import deliver
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext


def read_project(
    context: TenantContext, *, project_id: UUID, schema_version: int | None = None
) -> ProjectTexts:
    """Return the newest texts, or the schema of `schema_version` beside them. Raises `NotFound`."""
    project = reach_project(context, project_id, *ProjectRight)
    shown = opened(context, project, rights_on(context, project_id))
    objects = [(project.id, sha256(shown.name.encode()).digest())]
    schema = None
    version = SchemaVersion.objects.filter(
        project_id=project.id, n=schema_version or project.schema_version
    ).first()
    if version is not None:
        body = context.keyring.open(version.body, field=SchemaVersion.body, row=version.id)
        # The seed behind the order of candidates stays here, and out of the digest.
        schema = replace(decode_schema(body), seed=b"")
        objects.append((version.id, sha256(encode_schema(schema)).digest()))
    guidelines, quiz = _guidelines(context, project, objects)
    deliver(context, Verb.PROJECT_DELIVERED, object_kind="project", objects=objects)
    return ProjectTexts(shown, schema, guidelines, quiz, project.guidelines_required)


def _guidelines(
    context: TenantContext, project: Project, objects: list[tuple[UUID, bytes]]
) -> tuple[str, Quiz]:
    newest = GuidelinesVersion.objects.filter(project_id=project.id, n=project.guidelines_version).first()
    if newest is None:
        return "", ()
    body = context.keyring.open(newest.body, field=GuidelinesVersion.body, row=newest.id)
    quiz = quiz_of(context, newest)
    objects.append((newest.id, shown_digest(body, quiz)))
    return body.decode(), quiz

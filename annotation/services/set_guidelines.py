"""Publish a new version of a project's guidelines."""

from uuid import UUID

from django.utils import timezone

from annotation.access import reach_project
from annotation.errors import GuidelinesInvalid, QuizInvalid
from annotation.labels.errors import Malformed
from annotation.labels.guidelines import check_guidelines
from annotation.labels.quiz import encode_quiz, read_quiz
from annotation.models import GuidelinesVersion
from annotation.services.quizzes import quiz_of
from annotation.values import ProjectRight
from audit.services.record import record
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7


def set_guidelines(
    context: TenantContext, *, project_id: UUID, markdown: str, quiz: object | None = None
) -> int:
    """Publish `markdown` with `quiz` (parsed JSON); return the version, counted from 1.

    Without a quiz the one of the version before goes on; `[]` ends it. Either way everybody is asked
    anew. Raises `NotFound`, `GuidelinesInvalid`, `QuizInvalid`.
    """
    project = reach_project(context, project_id, ProjectRight.MANAGE, lock=True)
    try:
        text = check_guidelines(markdown)
    except Malformed as wrong:
        raise GuidelinesInvalid(str(wrong), field="markdown") from wrong
    before = GuidelinesVersion.objects.filter(project_id=project_id, n=project.guidelines_version).first()
    try:
        questions = quiz_of(context, before) if quiz is None else read_quiz(quiz)
    except Malformed as wrong:
        raise QuizInvalid(str(wrong), field=wrong.where) from wrong
    version_id, n = uuid7(), project.guidelines_version + 1
    GuidelinesVersion.objects.create(
        id=version_id,
        project=project,
        n=n,
        body=context.keyring.seal(
            text.encode(), field=GuidelinesVersion.body, row=version_id, unit=project_id
        ),
        quiz=context.keyring.seal(
            encode_quiz(questions), field=GuidelinesVersion.quiz, row=version_id, unit=project_id
        )
        if questions
        else None,
        created_at=timezone.now(),
    )
    project.guidelines_version = n
    project.save(update_fields=["guidelines_version"])
    record(
        context, Verb.GUIDELINES_PUBLISHED, object_kind="project", object_id=project_id, detail={"version": n}
    )
    return n

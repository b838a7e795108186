"""One canary row for each model of terms and comments, for the isolation check."""

from django.utils import timezone

from annotation.labels.purpose import Purpose, encode_purpose
from annotation.models import (
    Acknowledgement,
    AgreementVersion,
    Comment,
    CommentAnswer,
    Project,
    PurposeVersion,
    QuizTries,
    Submission,
    Task,
)
from annotation.values import CommentKind, CommentState, Term
from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7
from ringfence.kernel.registry import CanaryRows, canary_for

LATER = 1_000
"""A version that no example request publishes, so that each of them can make one more."""

PURPOSE = Purpose("A canary's ear", "Birds", defence=False, disturbing=False, words="It sings.")


@canary_for(PurposeVersion)
def canary_purpose(context: TenantContext, rows: CanaryRows) -> PurposeVersion:
    """Make a version of the project's purpose, without asking anybody for it."""
    project, row = rows[Project], uuid7()
    body = context.keyring.seal(encode_purpose(PURPOSE), field=PurposeVersion.body, row=row, unit=project.pk)
    return PurposeVersion.objects.create(
        id=row, project_id=project.pk, n=LATER, body=body, created_at=timezone.now()
    )


@canary_for(AgreementVersion)
def canary_agreement(context: TenantContext, rows: CanaryRows) -> AgreementVersion:
    """Make a version of the project's agreement, without asking anybody for it."""
    project, row = rows[Project], uuid7()
    body = context.keyring.seal(b"# Sing", field=AgreementVersion.body, row=row, unit=project.pk)
    return AgreementVersion.objects.create(
        id=row, project_id=project.pk, n=LATER, body=body, created_at=timezone.now()
    )


@canary_for(Acknowledgement)
def canary_acknowledgement(context: TenantContext, rows: CanaryRows) -> Acknowledgement:
    """Accept the purpose."""
    return Acknowledgement.objects.create(
        project_id=rows[Project].pk,
        member_id=context.actor_id,
        kind=Term.PURPOSE,
        version=1,
        accepted=True,
        at=timezone.now(),
    )


@canary_for(QuizTries)
def canary_tries(context: TenantContext, rows: CanaryRows) -> QuizTries:
    """Try the quiz of a version that is not asked about."""
    project, row = rows[Project], uuid7()
    body = context.keyring.seal(b'{"tries": 2}', field=QuizTries.body, row=row, unit=project.pk)
    return QuizTries.objects.create(
        id=row, project_id=project.pk, member_id=context.actor_id, version=LATER, body=body
    )


@canary_for(Comment)
def canary_comment(context: TenantContext, rows: CanaryRows) -> Comment:
    """Dispute about the canary's answer; its one return is left for the request that makes it."""
    project, row = rows[Project], uuid7()
    return Comment.objects.create(
        id=row,
        project_id=project.pk,
        task_id=rows[Task].pk,
        submission_id=rows[Submission].pk,
        kind=CommentKind.DISPUTE,
        state=CommentState.OPEN,
        member_id=context.actor_id,
        author_id=context.actor_id,
        body=context.keyring.seal(b"Listen again", field=Comment.body, row=row, unit=project.pk),
        at=timezone.now(),
    )


@canary_for(CommentAnswer)
def canary_comment_answer(context: TenantContext, rows: CanaryRows) -> CommentAnswer:
    """Answer it."""
    row = uuid7()
    body = context.keyring.seal(b"I did", field=CommentAnswer.body, row=row, unit=rows[Project].pk)
    return CommentAnswer.objects.create(
        id=row, comment_id=rows[Comment].pk, author_id=context.actor_id, body=body, at=timezone.now()
    )

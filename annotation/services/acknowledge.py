"""Keep what a labeler says to a project's purpose, agreement or guidelines."""

from collections.abc import Mapping
from uuid import UUID

from django.utils import timezone

from annotation.access import reach_project
from annotation.errors import QuizFirst, TermsChanged
from annotation.models import Acknowledgement
from annotation.services.quizzes import has_quiz
from annotation.services.read_terms import version_of
from annotation.values import ProjectRight, Term
from audit.services.record import record
from audit.values import Receipt
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Invalid
from ringfence.kernel.ids import uuid7


def acknowledge(
    context: TenantContext, *, project_id: UUID, kind: Term, version: int, accepted: bool
) -> Receipt:
    """Record the actor's word to the version that they read, in the tenant's log.

    A word can be changed; each time stands in the log. A decline shows managers "not available" and
    counts nowhere. Raises `NotFound` without the right to label; `TermsChanged` when another version is
    current; `Invalid` for declining guidelines, which ask for no consent; `QuizFirst` for guidelines whose
    quiz the actor has not passed.
    """
    # The lock keeps a new version from being published between the look and the row.
    project = reach_project(context, project_id, ProjectRight.LABEL, lock=True)
    if kind is Term.GUIDELINES and not accepted:
        raise Invalid(
            "Guidelines are read, not agreed to. Write a comment when one is wrong.", field="decision"
        )
    if version < 1 or version != version_of(project, kind):
        raise TermsChanged
    if (
        kind is Term.GUIDELINES
        and has_quiz(project_id, version)
        and not _said_so(context, project_id, version)
    ):
        raise QuizFirst
    return keep_word(context, project_id=project_id, kind=kind, version=version, accepted=accepted)


def keep_word(
    context: TenantContext,
    *,
    project_id: UUID,
    kind: Term,
    version: int,
    accepted: bool,
    more: Mapping[str, int] | None = None,
) -> Receipt:
    """Write the actor's word and its event. Whoever calls has asked what must come before it."""
    Acknowledgement.objects.update_or_create(
        project_id=project_id,
        member_id=context.actor_id,
        kind=kind,
        version=version,
        defaults={"accepted": accepted, "at": timezone.now()},
        create_defaults={"id": uuid7(), "accepted": accepted, "at": timezone.now()},
    )
    return record(
        context,
        _verb(kind, accepted),
        object_kind="project",
        object_id=project_id,
        detail={"kind": kind.name.lower(), "version": version, **(more or {})},
    )


def _said_so(context: TenantContext, project_id: UUID, version: int) -> bool:
    mine = Acknowledgement.objects.filter(project_id=project_id, member_id=context.actor_id, version=version)
    return mine.filter(kind=Term.GUIDELINES, accepted=True).exists()


def _verb(kind: Term, accepted: bool) -> Verb:
    if kind is Term.GUIDELINES:
        return Verb.GUIDELINES_ACKNOWLEDGED
    return Verb.CONSENT_GIVEN if accepted else Verb.CONSENT_DECLINED

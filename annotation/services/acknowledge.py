"""Keep what a labeler says to a project's purpose, agreement or guidelines."""

from uuid import UUID

from django.utils import timezone

from annotation.access import reach_project
from annotation.errors import TermsChanged
from annotation.models import Acknowledgement
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
    current; `Invalid` for declining guidelines, which ask for no consent.
    """
    # The lock keeps a new version from being published between the look and the row.
    project = reach_project(context, project_id, ProjectRight.LABEL, lock=True)
    if kind is Term.GUIDELINES and not accepted:
        raise Invalid(
            "Guidelines are read, not agreed to. Write a comment when one is wrong.", field="decision"
        )
    if version < 1 or version != version_of(project, kind):
        raise TermsChanged
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
        detail={"kind": kind.name.lower(), "version": version},
    )


def _verb(kind: Term, accepted: bool) -> Verb:
    if kind is Term.GUIDELINES:
        return Verb.GUIDELINES_ACKNOWLEDGED
    return Verb.CONSENT_GIVEN if accepted else Verb.CONSENT_DECLINED

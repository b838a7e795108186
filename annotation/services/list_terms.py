"""What a project has asked so far, version by version, and who takes part: for its managers."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from annotation.access import reach_project
from annotation.models import Acknowledgement, AgreementVersion, ProjectGrant, PurposeVersion
from annotation.services.read_terms import version_of
from annotation.values import ProjectRight, TakesPart, Term
from audit.services.deliver import deliver
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext

MOST_VERSIONS = 100
_MODELS: dict[Term, Any] = {Term.PURPOSE: PurposeVersion, Term.AGREEMENT: AgreementVersion}


@dataclass(frozen=True, slots=True)
class PublishedTerm:
    """One version as it was published."""

    version: int
    created_at: datetime
    body: bytes = field(repr=False)


def list_terms(context: TenantContext, *, project_id: UUID, kind: Term) -> list[PublishedTerm]:
    """Return up to 100 versions of the purpose or the agreement, newest first: a delivery. Raises `NotFound`."""
    reach_project(context, project_id, ProjectRight.MANAGE)
    model = _MODELS[kind]
    rows = list(model.objects.filter(project_id=project_id).order_by("-n")[:MOST_VERSIONS])
    listed = [
        PublishedTerm(row.n, row.created_at, context.keyring.open(row.body, field=model.body, row=row.id))
        for row in rows
    ]
    if rows:
        digests = [(row.id, sha256(term.body).digest()) for row, term in zip(rows, listed, strict=True)]
        deliver(context, Verb.PURPOSE_DELIVERED, object_kind=kind.name.lower(), objects=digests)
    return listed


def takes_part(context: TenantContext, *, project_id: UUID) -> dict[UUID, TakesPart]:
    """Return for each assigned labeler whether they accepted the purpose and agreement that stand now.

    One declined looks like any other reason not to be there: "not available". Raises `NotFound`.
    """
    project = reach_project(context, project_id, ProjectRight.MANAGE)
    wanted = {kind: version for kind in _MODELS if (version := version_of(project, kind))}
    labelers = ProjectGrant.objects.filter(
        content_object_id=project_id, permission__codename=ProjectRight.LABEL
    ).values_list("user_id", flat=True)
    words: dict[UUID, dict[int, bool]] = {member: {} for member in labelers}
    for member, kind, version, accepted in Acknowledgement.objects.filter(project_id=project_id).values_list(
        "member_id", "kind", "version", "accepted"
    ):
        if member in words and wanted.get(Term(kind)) == version:
            words[member][kind] = accepted
    return {member: _state(said, len(wanted)) for member, said in words.items()}


def _state(said: dict[int, bool], wanted: int) -> TakesPart:
    if not all(said.values()):
        return TakesPart.NOT_AVAILABLE
    return TakesPart.YES if len(said) == wanted else TakesPart.NOT_ASKED

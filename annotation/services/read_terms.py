"""What a project asks of its labelers, opened, and what the actor said to it. One delivery for all of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID

from annotation.access import reach_project
from annotation.labels.purpose import Purpose, decode_purpose
from annotation.models import Acknowledgement, AgreementVersion, GuidelinesVersion, Project, PurposeVersion
from annotation.services.list_projects import opened, rights_on
from annotation.services.quizzes import quiz_of, shown_digest
from annotation.values import ListedProject, ProjectRight, Term
from audit.services.deliver import deliver
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext


@dataclass(frozen=True, slots=True)
class AskedTerm:
    """One thing to accept: its newest version, and what the actor said to that; None while they said nothing."""

    kind: Term
    version: int
    required: bool
    accepted: bool | None
    text: str = field(repr=False)
    quiz: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    """Of guidelines: the questions that must be answered first, without what is right."""


@dataclass(frozen=True, slots=True)
class Terms:
    """All that a project asks, in the order in which it is read. `purpose` is None before the first statement."""

    project: ListedProject
    purpose: Purpose | None = field(repr=False)
    asked: tuple[AskedTerm, ...]

    @property
    def open(self) -> tuple[AskedTerm, ...]:
        """What the actor must still accept before they get items."""
        return tuple(term for term in self.asked if term.required and not term.accepted)

    def term(self, kind: Term) -> AskedTerm | None:
        """Return what is asked of one kind, if anything is."""
        return next((term for term in self.asked if term.kind is kind), None)


def read_terms(context: TenantContext, *, project_id: UUID) -> Terms:
    """Return the newest purpose, agreement and guidelines with the actor's word to each. Raises `NotFound`."""
    project = reach_project(context, project_id, *ProjectRight)
    shown = opened(context, project, rights_on(context, project_id))
    objects = [(project.id, sha256(shown.name.encode()).digest())]
    said = {
        (kind, version): accepted
        for kind, version, accepted in Acknowledgement.objects.filter(
            project_id=project_id, member_id=context.actor_id
        ).values_list("kind", "version", "accepted")
    }
    purpose, asked = None, []
    for kind, model, version, required in _kinds(project):
        row = model.objects.filter(project_id=project_id, n=version).first()
        if row is None:
            continue
        body = context.keyring.open(row.body, field=model.body, row=row.id)
        quiz = quiz_of(context, row) if kind is Term.GUIDELINES else ()
        objects.append((row.id, shown_digest(body, quiz)))
        if kind is Term.PURPOSE:
            purpose = decode_purpose(body)
        text = "" if kind is Term.PURPOSE else body.decode()
        questions = tuple(question.for_labelers() for question in quiz)
        asked.append(AskedTerm(kind, version, required, said.get((kind, version)), text, questions))
    deliver(context, Verb.PURPOSE_DELIVERED, object_kind="project", objects=objects)
    return Terms(shown, purpose, tuple(asked))


def version_of(project: Project, kind: Term) -> int:
    """Return the newest version of what a project asks; 0 for none."""
    versions: dict[Term, int] = {
        Term.PURPOSE: project.purpose_version,
        Term.AGREEMENT: project.agreement_version,
        Term.GUIDELINES: project.guidelines_version,
    }
    return versions[kind]


def _kinds(project: Project) -> tuple[tuple[Term, Any, int, bool], ...]:
    return (
        (Term.PURPOSE, PurposeVersion, project.purpose_version, True),
        (Term.AGREEMENT, AgreementVersion, project.agreement_version, True),
        (Term.GUIDELINES, GuidelinesVersion, project.guidelines_version, project.guidelines_required),
    )

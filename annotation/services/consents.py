"""What somebody has to read or agree to before they label in a project, as their workspace shows it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from annotation.services.read_terms import AskedTerm, read_terms
from annotation.values import Term
from ringfence.kernel.context import TenantContext


@dataclass(frozen=True, slots=True)
class Consents:
    """What the project asks for, with the actor's word to its newest version; None where it asks nothing."""

    guidelines_acknowledged: int | None
    """The newest version of the guidelines once the actor has acknowledged it."""
    guidelines_required: bool
    """Whether items come only after that."""
    purpose: dict[str, Any] | None
    agreement: dict[str, Any] | None


def consents(context: TenantContext, *, project_id: UUID) -> Consents:
    """Return the actor's standing: a delivery. Raises `NotFound`."""
    terms = read_terms(context, project_id=project_id)
    guidelines, purpose = terms.term(Term.GUIDELINES), terms.term(Term.PURPOSE)
    agreement = terms.term(Term.AGREEMENT)
    return Consents(
        guidelines.version if guidelines and guidelines.accepted else None,
        guidelines is not None and guidelines.required,
        {**terms.purpose.to_json(), **_standing(purpose)} if terms.purpose and purpose else None,
        {"markdown": agreement.text, **_standing(agreement)} if agreement else None,
    )


def _standing(term: AskedTerm) -> dict[str, Any]:
    return {"version": term.version, "accepted": bool(term.accepted), "declined": term.accepted is False}

"""What somebody has to read or agree to before they label in a project, and what they did."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ringfence.kernel.context import TenantContext


@dataclass(frozen=True, slots=True)
class Consents:
    """As the workspace shows them; None where the project asks for nothing."""

    guidelines_acknowledged: int | None = None
    """The version of the guidelines that the actor acknowledged last."""
    purpose: dict[str, Any] | None = None
    agreement: dict[str, Any] | None = None


def consents(context: TenantContext, *, project_id: UUID) -> Consents:
    """Return the actor's standing. No project asks for a purpose or an agreement yet."""
    return Consents()

"""The operator says which party of the registry a customer is, so that rivals' policies can speak of it."""

from uuid import UUID

from audit.verbs import Verb
from ringfence.kernel.errors import NotFound
from tenants.gate.people import set_customer_party
from tenants.gate.registry import known
from tenants.services.platform_log import note


def name_customer(tenant_id: UUID, *, party: UUID | None) -> None:
    """Keep it, told first in the platform log, which says neither which tenant nor which party. Raises `NotFound`."""
    if party is not None and party not in known().parties:
        raise NotFound("party")
    note(Verb.CUSTOMER_NAMED)
    set_customer_party(tenant_id, party)

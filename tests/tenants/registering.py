"""The registry in tests: the operator's member at work, and files as publishers make them."""

import json
from typing import Any
from uuid import UUID

from django.http import HttpResponse

from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Role
from tenants.gate.registry import NewParty, known
from tenants.neutrality.facts import Party, PartyKind
from tenants.services.state_facts import state_facts
from tests.tenants.browser import Visitor
from tests.world import Workspace

L1 = "LEI,Entity.LegalName,Entity.EntityStatus,Entity.EntityCategory"
L2 = (
    "Relationship.StartNode.NodeID,Relationship.EndNode.NodeID,Relationship.RelationshipType,"
    "Relationship.RelationshipStatus,Registration.LastUpdateDate"
)
X = "LEI,Exception.Category,Exception.Reason.1"


class Keeper:
    """Somebody who keeps the registry, in a browser without pictures."""

    def __init__(self, operator: Workspace) -> None:
        self.someone = operator.someone(Role.OPERATOR)
        self.browser = Visitor(self.someone)
        self.base = f"/w/{operator.public_id}/registry"

    def get(self, path: str = "") -> HttpResponse:
        """Open a page of the registry."""
        return self.browser.get(self.base + path)

    def post(self, path: str, form: dict[str, Any] | None = None) -> HttpResponse:
        """Send a form of the registry; forms that stream take their token from the address."""
        if "csrftoken" not in self.browser.client.cookies:
            self.browser.client.get("/password-reset")
        token = self.browser.client.cookies["csrftoken"].value
        joint = "&" if "?" in path else "?"
        url = f"{self.base}{path}{joint}csrfmiddlewaretoken={token}"
        return self.browser.client.post(url, {**(form or {}), "csrfmiddlewaretoken": token})


def party(name: str, kind: PartyKind = PartyKind.ENTITY, **more: Any) -> Party:
    """Put a party into the registry."""
    made = Party(uuid7(), name, kind, **more)
    state_facts([NewParty(made)])
    return made


def named(name: str) -> list[UUID]:
    """Return the parties of exactly this name."""
    return [each.id for each in known().parties.values() if each.name == name]


def lei(number: int) -> str:
    """Return an LEI with right check digits."""
    body = f"9995TEST{number:010d}"
    digits = int("".join(str(int(letter, 36)) for letter in body + "00"))
    return f"{body}{98 - digits % 97:02d}"


def bods(*rows: dict[str, Any], version: str = "0.4") -> bytes:
    """Return a BODS file."""
    made = []
    for number, row in enumerate(rows):
        details = {"bodsVersion": version, "publisher": {"name": row.pop("publisher", "A Register")}}
        made.append(
            {"statementId": f"s{number}", "statementDate": "2026-01-05", **row, "publicationDetails": details}
        )
    return json.dumps(made).encode()


def entity(record: str, name: str, **more: Any) -> dict[str, Any]:
    """Return a BODS statement about an entity."""
    details = {"entityType": {"type": "registeredEntity"}, "name": name}
    return {
        "statementId": f"e-{record}-{more.pop('mark', '')}", "recordId": record, "recordType": "entity",
        "recordDetails": {**details, **more},
    }  # fmt: skip


def holding(record: str, subject: str, holder: Any, share: Any, **more: Any) -> dict[str, Any]:
    """Return a BODS statement about a shareholding."""
    interest = {"type": "shareholding", "directOrIndirect": "direct", "share": {"exact": share}}
    return {
        "statementId": more.pop("statement", f"r-{record}"), "recordId": record, "recordType": "relationship",
        "recordDetails": {"subject": subject, "interestedParty": holder, "interests": [interest]}, **more,
    }  # fmt: skip

"""What stands in the registry for the isolation check's calls: a party, a statement and an import of nobody's.

The registry is of no tenant, so its routes cannot be told apart by whose rows they name; they are called with these.
"""

from datetime import date
from uuid import UUID

from django.utils import timezone

from ringfence.kernel.database import control_database
from ringfence.kernel.ids import uuid7
from tenants.people.models import RegistryImport

CANARY_PARTY = UUID("00000000-0000-7000-8000-000000000001")
CANARY_STATEMENT = UUID("00000000-0000-7000-8000-000000000002")
CANARY_DECLARED = UUID("00000000-0000-7000-8000-000000000004")
"""A party as a declaration brings one: under a sealed name."""
CANARY_IMPORT = uuid7()
"""Each process has its own: the live check and the shadow's make it at once, and would wait for each other's end."""
PARTY_NAME = "Canary of the isolation check"


def offer_import(asked_by: UUID) -> None:
    """Make the import that routes take the id of. Called in a transaction that is rolled back."""
    with control_database():
        RegistryImport.objects.get_or_create(
            id=CANARY_IMPORT,
            defaults={
                "kind": "bods",
                "state": "ready",
                "file_name": "canary.json",
                "source": "canary",
                "dated": date(2026, 1, 1),
                "asked_by": asked_by,
                "asked_at": timezone.now(),
            },
        )

"""What ends at the gate with a workspace: every way in at once, then what its people wrote here about others.

What stays are facts about who worked where and saw what, without which walls around others would fall: memberships,
histories of views, commitments, and which party the customer was.
"""

import hashlib
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from ringfence.kernel.database import control_database
from tenants.people.models import (
    AdminKey,
    ApiToken,
    Invitation,
    KeyRecovery,
    Membership,
    MitigationPlan,
    PolicyVersion,
    Publication,
    Session,
    TaintSet,
)

NOTHING = bytes(32)


def end_access(tenant_id: UUID) -> None:
    """End sessions, tokens, invitations, support visits and what is shown to everybody. Control database open.

    Each epoch moves, which voids job tickets, leases and streams.
    """
    now = timezone.now()
    Session.objects.filter(tenant_id=tenant_id, ended_at=None).update(ended_at=now)
    ApiToken.objects.filter(membership__tenant_id=tenant_id, revoked_at=None).update(revoked_at=now)
    Invitation.objects.filter(tenant_id=tenant_id, accepted_at=None, revoked_at=None).update(revoked_at=now)
    visits = Membership.objects.filter(tenant_id=tenant_id, ends_at__isnull=False)
    visits.filter(ended_at=None).update(ended_at=now)
    # Settled: there is no log any more that could tell of their end.
    visits.update(ends_at=None)
    Membership.objects.filter(tenant_id=tenant_id).update(epoch=F("epoch") + 1)
    Publication.objects.filter(tenant_id=tenant_id).delete()


def forget_documents(tenant_id: UUID) -> None:
    """Empty policies, plans and admin keys, which are sealed under a key that is not the tenant's; remove the rest.

    Signatures cannot be removed or changed by anybody, and whoever has key and signature can check a guess at what
    was signed: so keys and digests go, and the signatures are left without either. Safe to repeat.
    """
    now = timezone.now()
    with control_database(), transaction.atomic(using="control"):
        TaintSet.objects.filter(tenant_id=tenant_id).delete()
        PolicyVersion.objects.filter(tenant_id=tenant_id, withdrawn_at=None).update(withdrawn_at=now)
        PolicyVersion.objects.filter(tenant_id=tenant_id).update(document=b"", digest=NOTHING, replaces=None)
        MitigationPlan.objects.filter(tenant_id=tenant_id, ended_at=None).update(ended_at=now)
        MitigationPlan.objects.filter(tenant_id=tenant_id).update(
            document=b"", digest=NOTHING, policy_digest=NOTHING
        )
        KeyRecovery.objects.filter(tenant_id=tenant_id).delete()
        AdminKey.objects.filter(tenant_id=tenant_id, ended_at=None).update(
            ended_at=now, ended_because="removed"
        )
        for key_id in AdminKey.objects.filter(tenant_id=tenant_id).values_list("id", flat=True):
            AdminKey.objects.filter(id=key_id).update(
                public=hashlib.sha256(key_id.bytes).digest(), label=None, possession=None, endorsement=None
            )
        Invitation.objects.filter(tenant_id=tenant_id).delete()
        ApiToken.objects.filter(membership__tenant_id=tenant_id).delete()

"""Make the two canary tenants, which exist only to be attacked by the isolation check."""

import os
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from audit.notes import sign_note
from audit.sequencer.rounds import Sequencer
from audit.services.open_log import open_log
from audit.services.record import record
from audit.verbs import Verb
from ringfence.crypto.signing import NoteSigner
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Purpose, Role
from tenants.gate.canaries import canary_members
from tenants.gate.people import add_person
from tenants.gate.service import canary_contexts, tenant_context
from tenants.isolation.places import working_as_app
from tenants.keys.ceremony import make_tenant_keys
from tenants.keys.service import key_service
from tenants.models import Member, Profile
from tenants.people.models import TenantKind, TenantState
from tenants.services.admit_member import admit_member
from tenants.services.create_tenant import create_tenant

EVENTS = 260
"""So that the log of each canary has one full tile (256 leaves)."""
EVENTS_IN_A_UNIT = 65


def create_canaries() -> int:
    """Make what is missing of two canaries, with a member for each role; return how many were made.

    The sequencer and the signer do the rest: their logs fill and are signed like everybody's.
    """
    made = 0
    with working_as_app():
        while len(canary_contexts()) < 2:
            made += 1
            tenant = create_tenant(
                name=f"Canary {uuid4().hex}",
                code_name=f"Canary {uuid4().hex}",
                kind=TenantKind.CANARY,
                state=TenantState.ACTIVE,
            )
            _fill_log(tenant_context(tenant.tenant_id, Purpose.CHECK))
        for context in canary_contexts():
            for role in set(Role) - set(canary_members(context.tenant_id)):
                mark = uuid4().hex
                person = add_person(
                    email=f"{mark}@canary.ringfence.example", name=f"Canary {mark}", password=None
                )
                admit_member(context, person_id=person, role=role)
    return made


def furnish_shadow() -> int:
    """Give the canaries keys, members and a signed log in the shadow; return for how many that was needed."""
    furnished = 0
    for context in canary_contexts():
        with working_as_app():
            with acting(context):
                there = Profile.objects.exists()
            if there:
                continue
            furnished += 1
            _furnish(context)
        _sequence_and_sign(context)
    return furnished


def _furnish(context: TenantContext) -> None:
    with acting(context):
        make_tenant_keys(key_service().create_key(tenant=context.tenant_id))
        profile = uuid7()
        Profile.objects.create(
            id=profile,
            name=context.keyring.seal(f"Canary {uuid4().hex}".encode(), field=Profile.name, row=profile),
            code_name=context.keyring.seal(
                f"Canary {uuid4().hex}".encode(), field=Profile.code_name, row=profile
            ),
        )
        open_log(context, origin=f"{settings.LOG_ORIGIN_PREFIX}/t/{uuid4().hex}")
        for role, member in canary_members(context.tenant_id).items():
            sealed = [
                context.keyring.seal(f"Canary {uuid4().hex}".encode(), field=field, row=member.member_id)
                for field in (Member.name, Member.email)
            ]
            Member.objects.create(
                id=member.member_id, name=sealed[0], email=sealed[1], role=role, joined_at=timezone.now()
            )
    _fill_log(context)


def _fill_log(context: TenantContext) -> None:
    for _ in range(EVENTS // EVENTS_IN_A_UNIT):
        with acting(context):
            for _ in range(EVENTS_IN_A_UNIT):
                record(context, Verb.ISOLATION_CHECKED, object_kind="canary")


def _sequence_and_sign(context: TenantContext) -> None:
    """Do the sequencer's and the signer's work in the shadow, with a key that is forgotten at once."""
    with transaction.atomic(), connection.cursor() as cursor:
        Sequencer().run_round(connection.connection)
        cursor.execute("SELECT origin FROM audit.log WHERE tenant_id = %s", [context.tenant_id])
        origin = cursor.fetchone()[0]
        cursor.execute(
            "SELECT size, origin || E'\\n' || size || E'\\n' || encode(root, 'base64') || E'\\n'"
            " FROM audit.head JOIN audit.log USING (tenant_id) WHERE tenant_id = %s ORDER BY size DESC LIMIT 1",
            [context.tenant_id],
        )
        size, text = cursor.fetchone()
        signer = NoteSigner(origin, os.urandom(32))
        cursor.execute("SELECT audit.publish_key(%s, %s)", [context.tenant_id, signer.vkey])
        note = sign_note(text, [signer])
        cursor.execute("SELECT audit.add_checkpoint(%s, %s, %s)", [context.tenant_id, size, note])

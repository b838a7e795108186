"""Make the two canary tenants, which exist only to be attacked by the isolation check."""

from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.utils import timezone

from audit.database import connect
from audit.sequencer.rounds import Sequencer
from audit.services.deliver import deliver
from audit.services.open_log import open_log
from audit.services.record import record
from audit.services.replay_log import has_delivery
from audit.services.request_attestation import leave_for_signer, was_asked
from audit.signer.rounds import Signer
from audit.signer.store import Store
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Purpose, Role
from tenants.gate.canaries import canary_members, keep_ready
from tenants.gate.canary_facts import acting_member
from tenants.gate.canary_registry import CANARY_DECLARED, CANARY_PARTY, CANARY_STATEMENT, PARTY_NAME
from tenants.gate.people import add_person
from tenants.gate.places import has_operator
from tenants.gate.registry import NewParty, keep_declaration, known
from tenants.gate.service import canary_contexts, tenant_context
from tenants.gate.verdicts import today
from tenants.isolation.places import working_as_app
from tenants.keys.ceremony import make_tenant_keys
from tenants.keys.service import key_service
from tenants.models import Member, Profile
from tenants.neutrality.facts import Interest, InterestType, Party, Statement
from tenants.services.admit_member import admit_member
from tenants.services.create_tenant import create_tenant
from tenants.services.state_facts import state_facts
from tenants.values import TenantKind, TenantState

EVENTS = 260
"""So that the log of each canary has one full tile (256 leaves)."""
EVENTS_IN_A_UNIT = 65


def create_canaries() -> int:
    """Make what is missing of two canaries, with a member for each role; return how many were made.

    The sequencer and the signer do the rest: their logs fill and are signed like everybody's.
    """
    made = 0
    with working_as_app():
        _state_canary()
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
                keep_declaration(person, today())
                admit_member(context, person_id=person, role=role)
            _deliver_to_members(context)
            _ask_signer(context)
            keep_ready(context.tenant_id)
    return made


def _state_canary() -> None:
    """Put the canary's parties and one statement into the registry, where there is a platform log to say so."""
    facts = known()
    if not has_operator():
        return
    wanted = [
        NewParty(Party(CANARY_PARTY, PARTY_NAME), source="ourselves"),
        NewParty(Party(CANARY_DECLARED, PARTY_NAME), source="ourselves", declared=True),
    ]
    parties = [new for new in wanted if new.party.id not in facts.parties]
    stated = Statement(
        id=CANARY_STATEMENT,
        record=CANARY_STATEMENT,
        fact=Interest(CANARY_PARTY, None, InterestType.UNKNOWN),
        date=today(),
        recorded_at=timezone.now(),
        source="ourselves",
    )
    statements = [] if CANARY_STATEMENT in facts.statements else [stated]
    if parties or statements:
        state_facts(parties, statements)


def furnish_shadow() -> int:
    """Give the canaries keys, members and a signed log in the shadow; return for how many that was needed."""
    furnished = 0
    for context in canary_contexts():
        with working_as_app():
            with acting(context):
                there = Profile.objects.exists()
            if there:
                furnished += _deliver_to_members(context)
                continue
            furnished += 1
            _furnish(context)
    if furnished or not _signed():
        _sequence_and_sign()
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
    _deliver_to_members(context)
    _ask_signer(context)


def _ask_signer(context: TenantContext) -> None:
    """Leave something that is no statement for the signer, once: it refuses, and its answer is a row to look at."""
    with acting(context):
        if not was_asked(context):
            leave_for_signer(context, uuid7(), payload=b"canary", opening=bytes(33), leaf_hash=bytes(32))


def _deliver_to_members(context: TenantContext) -> bool:
    """Let each member receive something, once: what a replay of the log is about. Say whether that was needed."""
    with acting(context):
        if has_delivery():
            return False
    for member in canary_members(context.tenant_id).values():
        acting_here = acting_member(context, member)
        with acting(acting_here):
            objects = [(member.member_id, bytes(32))]
            deliver(acting_here, Verb.MEMBERS_DELIVERED, object_kind="member", objects=objects)
    return True


def _fill_log(context: TenantContext) -> None:
    for _ in range(EVENTS // EVENTS_IN_A_UNIT):
        with acting(context):
            for _ in range(EVENTS_IN_A_UNIT):
                record(context, Verb.ISOLATION_CHECKED, object_kind="canary")


def _signed() -> bool:
    """Say whether the shadow's logs are signed, the canaries' two and the work log; a cut start left them without."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT tenant_id) FROM audit.checkpoint WHERE size > 0")
        return bool(cursor.fetchone()[0] >= 3)


def _sequence_and_sign() -> None:
    """Do the sequencer's and the signer's work in the shadow, with keys that are forgotten at once."""
    with connect() as database, TemporaryDirectory() as folder:
        Sequencer().run_round(database)
        Signer(Store(Path(folder))).run_round(database)

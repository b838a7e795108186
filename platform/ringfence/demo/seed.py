"""Fills the demo through the services that people use: two rival labs, the operator, everybody's work."""

import secrets
import time
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyotp
from django.conf import settings
from django.utils import timezone

from ringfence.demo.corpus import FOUNDERS, INVESTOR, LAB_PARTIES, LABS, OPERATOR_NAME, VENDOR
from ringfence.demo.projects import FIRST, PROJECTS, fill_project
from ringfence.demo.signing import key_in_file, sign_first_policy
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import GRANTS, SECOND_FACTOR_ROLES, Permission, Purpose, Role
from tenants.gate.enter import enter
from tenants.gate.people import add_person, set_tenant_state
from tenants.gate.registry import NewParty
from tenants.gate.second_factor import accept_second_factor, offer_second_factor
from tenants.gate.secrets import SessionSecret
from tenants.gate.service import tenant_context
from tenants.gate.sessions import end_sessions_of, mint_session, visitor_of
from tenants.gate.verdicts import today
from tenants.neutrality.facts import Interest, InterestType, Party, PartyKind, Statement
from tenants.neutrality.facts import Role as Affiliated
from tenants.neutrality.policy import Policy
from tenants.services.admit_member import admit_member
from tenants.services.create_tenant import CreatedTenant, create_tenant
from tenants.services.declare_ties import DeclaredTie, declare_ties
from tenants.services.draft_policy import draft_policy
from tenants.services.manage_tokens import create_token
from tenants.services.name_customer import name_customer
from tenants.services.set_up import confirm_keys
from tenants.services.state_facts import state_facts
from tenants.values import TenantKind, TenantState

PASSWORD_WORDS = 4
TOKEN_DAYS = 365


@dataclass(slots=True)
class Seeded:
    """One person of the demo in one workspace, with what they need to sign in."""

    name: str
    role: str
    tenant: str
    workspace: str
    email: str
    password: str
    totp_secret: str = ""
    note: str = ""


# (name, role, what makes them interesting)
STAFF: dict[int, tuple[tuple[str, Role, str], ...]] = {
    0: (
        ("Lena Brandt", Role.LABELER, "starts here"),
        ("Luca Moretti", Role.LABELER, ""),
        ("Li Wen", Role.LABELER, ""),
        ("Nora Lind", Role.OWNER, ""),
        ("Adam Weiss", Role.ADMIN, "exports the audit proof"),
        ("Mina Okafor", Role.MANAGER, "imports and exports"),
        ("Ravi Shah", Role.REVIEWER, ""),
        ("Cora Feld", Role.AUDITOR, "compliance officer: runs the isolation check"),
        ("Vera Kolar", Role.LABELER, f"works for {VENDOR}, an agency"),
        ("Ines Moreau", Role.LABELER, f"declared that she works for {INVESTOR}: refused by policy"),
    ),
    1: (
        ("Tomas Varga", Role.OWNER, ""),
        ("Yuki Tanaka", Role.MANAGER, ""),
        ("Sol Reyes", Role.LABELER, ""),
    ),
}


def seed(base_url: str) -> dict[str, Any]:
    """Make everything; return what `demo.json` holds. Run once, on empty databases."""
    operator = create_tenant(
        name=OPERATOR_NAME, code_name="Operations", kind=TenantKind.OPERATOR, state=TenantState.ACTIVE
    )
    investor = Party(uuid7(), INVESTOR)
    ourselves = Party(uuid7(), OPERATOR_NAME)
    vendor = Party(uuid7(), VENDOR)
    labs = [Party(uuid7(), name) for name in LAB_PARTIES]
    founders = {Party(uuid7(), name, PartyKind.PERSON): Decimal(share) for name, share in FOUNDERS}
    state_facts(
        [NewParty(ourselves, is_operator=True), *map(NewParty, (investor, vendor, *labs, *founders))],
        [_owned(ourselves, founder, share) for founder, share in founders.items()],
    )
    people: list[Seeded] = []
    hired: list[UUID] = []
    operator_id, opal = _hire(
        operator, "Opal Novak", Role.OPERATOR, OPERATOR_NAME, "runs the platform and cannot read it"
    )
    declare_ties(operator_id, [])
    hired.append(operator_id)
    people.append(opal)
    tenants = [{"name": OPERATOR_NAME, "public_id": operator.public_id, "kind": "operator"}]
    tokens: dict[str, str] = {}
    first_project = ""
    for n, (name, code_name) in enumerate(LABS):
        lab = create_tenant(name=name, code_name=code_name)
        set_tenant_state(lab.tenant_id, TenantState.ACTIVE)
        name_customer(lab.tenant_id, party=labs[n].id)
        tenants.append({"name": name, "public_id": lab.public_id, "kind": "customer"})
        members: dict[str, UUID] = {}
        for person, role, note in STAFF[n]:
            person_id, seeded = _hire(lab, person, role, name, note)
            members[person] = person_id
            hired.append(person_id)
            people.append(seeded)
            employers = [party.id for party in (investor, vendor) if party.name in note]
            declare_ties(person_id, [DeclaredTie(party, Affiliated.EMPLOYEE) for party in employers])
        _give_policy(lab, members, people, n, Policy(excluded=frozenset({investor.id})))
        made, new_tokens = _set_up(lab, members, n)
        tokens |= new_tokens
        first_project = first_project or str(made.get(FIRST, ""))
    for person_id in hired:
        end_sessions_of(person_id)
    return {
        "base_url": base_url,
        "start": {"email": people[1].email, "password": people[1].password},
        "tenants": tenants,
        "first_project": first_project,
        "people": [asdict(person) for person in people],
        "tokens": tokens,
    }


def _hire(tenant: CreatedTenant, name: str, role: Role, workspace: str, note: str) -> tuple[UUID, Seeded]:
    password = "-".join(secrets.token_hex(2) for _ in range(PASSWORD_WORDS))
    email = f"{name.split()[0].lower()}@{workspace.split()[0].lower()}.example"
    person_id = add_person(email=email, name=name, password=password)
    admit_member(tenant_context(tenant.tenant_id, Purpose.SETUP), person_id=person_id, role=role)
    seeded = Seeded(name, role, tenant.public_id, workspace, email, password, note=note)
    if role in SECOND_FACTOR_ROLES:
        visitor = visitor_of(mint_session(person_id))
        if visitor is None:
            raise LookupError("a session that was just minted is not there")
        seeded.totp_secret = pyotp.parse_uri(offer_second_factor(visitor)).secret
        # The code of the step before, so that the current one still works for the first sign-in.
        accept_second_factor(visitor, pyotp.TOTP(seeded.totp_secret).at(int(time.time()), counter_offset=-1))
    return person_id, seeded


def _as(tenant: CreatedTenant, person_id: UUID) -> TenantContext:
    secret = mint_session(person_id, tenant_id=tenant.tenant_id, second_factor=True)
    return enter(SessionSecret(secret), tenant.public_id)


def _set_up(lab: CreatedTenant, members: dict[str, UUID], n: int) -> tuple[dict[str, UUID], dict[str, str]]:
    owner, manager = _as(lab, members[_first(n, Role.OWNER)]), _as(lab, members[_first(n, Role.MANAGER)])
    with acting(owner):
        confirm_keys(owner)
    labelers = [name for name, role, note in STAFF[n] if role is Role.LABELER and INVESTOR not in note]
    contexts = [_as(lab, members[name]) for name in labelers]
    made = {project.name: fill_project(manager, project, contexts) for project in PROJECTS[n]}
    return made, _tokens(lab, members, n)


def _give_policy(
    lab: CreatedTenant, members: dict[str, UUID], people: list[Seeded], n: int, policy: Policy
) -> None:
    """Let an owner and an admin sign the policy with key files; where there is no admin it stays an unsigned draft.

    Their passphrases are their passwords.
    """
    signers = [_first(n, role) for role in (Role.OWNER, Role.ADMIN)]
    if not all(signers):
        setting_up = tenant_context(lab.tenant_id, Purpose.SETUP)
        with acting(setting_up):
            draft_policy(setting_up, policy)
        return
    passwords = {person.name: person.password for person in people}
    owner, admin = (_as(lab, members[name]) for name in signers)
    one, two = (key_in_file(settings.VAR, name, passwords[name]) for name in signers)
    sign_first_policy(policy, owner, admin, (one, two))


def _tokens(lab: CreatedTenant, members: dict[str, UUID], n: int) -> dict[str, str]:
    """One API token for each role that scripts use, with all that the role allows."""
    tokens = {}
    for role in (Role.MANAGER, Role.LABELER, Role.OWNER, Role.AUDITOR):
        name = _first(n, role)
        if not name:
            continue
        context = _as(lab, members[name])
        allowed = sorted(p.value for p in GRANTS[role] - {Permission.API_TOKEN_MANAGE})
        with acting(context):
            _, secret = create_token(context, label=f"demo {role}", permissions=allowed, days=TOKEN_DAYS)
        tokens[f"{lab.public_id}:{role.value}"] = secret
    return tokens


def _first(n: int, role: Role) -> str:
    return next((name for name, has, _ in STAFF[n] if has is role), "")


def _owned(party: Party, holder: Party, share: Decimal) -> Statement:
    fact = Interest(party.id, holder.id, InterestType.SHAREHOLDING, share, share)
    return Statement(uuid7(), uuid7(), fact, today(), timezone.now(), source="the demo")

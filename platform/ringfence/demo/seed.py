"""Fills the demo through the services that people use: two rival labs, the operator, everybody's work."""

import json
import random
import secrets
import time
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import pyotp

from annotation.formats.rows import Format
from annotation.services.assign_member import assign_member
from annotation.services.create_project import create_project
from annotation.services.receive_upload import Upload
from annotation.services.run_import import run_import
from annotation.services.set_guidelines import set_guidelines
from annotation.services.set_schema import set_schema
from annotation.services.start_import import start_import
from annotation.services.submit_task import submit_task
from annotation.services.take_tasks import take_tasks
from annotation.values import ProjectRight
from ringfence.demo.corpus import GUIDELINES, INVESTOR, LABS, OPERATOR_NAME, REMARKS, SCHEMA
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.permissions import GRANTS, SECOND_FACTOR_ROLES, Permission, Purpose, Role
from tenants.gate.enter import enter
from tenants.gate.people import (
    add_party,
    add_person,
    declare_affiliation,
    exclude_party,
    set_tenant_state,
)
from tenants.gate.second_factor import accept_second_factor, offer_second_factor
from tenants.gate.secrets import SessionSecret
from tenants.gate.service import tenant_context
from tenants.gate.sessions import end_sessions_of, mint_session, visitor_of
from tenants.services.admit_member import admit_member
from tenants.services.create_tenant import CreatedTenant, create_tenant
from tenants.services.manage_tokens import create_token
from tenants.services.set_up import confirm_keys
from tenants.values import TenantKind, TenantState

ANSWERED_BEFOREHAND = 9
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
    add_party(OPERATOR_NAME, is_operator=True)
    investor = add_party(INVESTOR)
    people: list[Seeded] = []
    hired: list[UUID] = []
    operator_id, opal = _hire(
        operator, "Opal Novak", Role.OPERATOR, OPERATOR_NAME, "runs the platform and cannot read it"
    )
    hired.append(operator_id)
    people.append(opal)
    tenants = [{"name": OPERATOR_NAME, "public_id": operator.public_id, "kind": "operator"}]
    tokens: dict[str, str] = {}
    for n, (name, code_name) in enumerate(LABS):
        lab = create_tenant(name=name, code_name=code_name)
        set_tenant_state(lab.tenant_id, TenantState.ACTIVE)
        tenants.append({"name": name, "public_id": lab.public_id, "kind": "customer"})
        members: dict[str, UUID] = {}
        for person, role, note in STAFF[n]:
            person_id, seeded = _hire(lab, person, role, name, note)
            members[person] = person_id
            hired.append(person_id)
            people.append(seeded)
            if INVESTOR in note:
                declare_affiliation(person_id, investor, role="employee")
        exclude_party(lab.tenant_id, investor)
        tokens |= _set_up(lab, members, n)
    for person_id in hired:
        end_sessions_of(person_id)
    return {
        "base_url": base_url,
        "start": {"email": people[1].email, "password": people[1].password},
        "tenants": tenants,
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


def _set_up(lab: CreatedTenant, members: dict[str, UUID], n: int) -> dict[str, str]:
    owner, manager = _as(lab, members[_first(n, Role.OWNER)]), _as(lab, members[_first(n, Role.MANAGER)])
    with acting(owner):
        confirm_keys(owner)
    with acting(manager):
        project_id = create_project(
            manager, name="What do people feel?" if n == 0 else "Tone of remarks", overlap=2
        )
    with acting(manager):
        set_schema(manager, project_id=project_id, schema=SCHEMA)
    with acting(manager):
        set_guidelines(manager, project_id=project_id, markdown=GUIDELINES)
    remarks = REMARKS if n == 0 else REMARKS[::-1][:40]
    lines = "".join(
        json.dumps({"id": f"remark-{i:03d}", "text": text}, ensure_ascii=False) + "\n"
        for i, text in enumerate(remarks, 1)
    ).encode()
    job = start_import(manager, project_id=project_id, file_name="remarks.jsonl", declared_bytes=len(lines))
    upload = Upload(manager, job_id=job.job_id, project_id=project_id, file_format=Format.JSONL)
    upload.write(lines)
    upload.finish()
    run_import(manager, job_id=job.job_id)
    labelers = [name for name, role, note in STAFF[n] if role is Role.LABELER and INVESTOR not in note]
    for name in labelers:
        member_id = _as(lab, members[name]).actor_id
        with acting(manager):
            assign_member(manager, project_id=project_id, member_id=member_id, right=ProjectRight.LABEL)
    for name in labelers[1:]:
        _label(_as(lab, members[name]), project_id, ANSWERED_BEFOREHAND)
    return _tokens(lab, members, n)


def _label(labeler: TenantContext, project_id: UUID, count: int) -> None:
    dice = random.Random(count)  # noqa: S311 - answers of the demo, not secrets
    for _ in range(count):
        for task in take_tasks(labeler, project_id=project_id).tasks:
            choice = dice.choice(["positive", "positive", "negative", "mixed", "neutral"])
            submit_task(
                labeler, task_id=task.task_id, answer={"feeling": choice}, lead_ms=dice.randint(2500, 14000)
            )


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

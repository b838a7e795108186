"""One canary row for each model of this room, one example request for each of its routes, members' names."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.utils import timezone

from ringfence.kernel.context import TenantContext
from ringfence.kernel.ids import uuid7
from ringfence.kernel.registry import CanaryRows, ExampleRequest, canary_for, example_request_for, namer_for
from tenants.gate.canaries import OFFERS
from tenants.gate.canary_registry import CANARY_DECLARED, CANARY_IMPORT, CANARY_PARTY, CANARY_STATEMENT
from tenants.models import (
    DataKey,
    IsolationReport,
    Member,
    OperatorConflict,
    Profile,
    SupportSession,
    TenantKey,
)


@canary_for(TenantKey)
def canary_tenant_key(context: TenantContext, rows: CanaryRows) -> TenantKey:
    """Return a key that creating the tenant has made."""
    return TenantKey.objects.order_by("purpose")[0]


@canary_for(Profile)
def canary_profile(context: TenantContext, rows: CanaryRows) -> Profile:
    """Return the profile that creating the tenant has made."""
    return Profile.objects.get()


@canary_for(DataKey)
def canary_data_key(context: TenantContext, rows: CanaryRows) -> DataKey:
    """Return the data key under which the profile is sealed."""
    return DataKey.objects.order_by("purpose")[0]


@canary_for(Member)
def canary_member(context: TenantContext, rows: CanaryRows) -> Member:
    """Return the canary's labeler, so that rights in other rows are somebody's; where there is none, make one."""
    labeler = Member.objects.filter(role="labeler").order_by("id").first()
    if labeler is not None:
        return labeler
    row = uuid7()
    return Member.objects.create(
        id=row,
        name=context.keyring.seal(b"Canary", field=Member.name, row=row),
        email=context.keyring.seal(b"canary@ringfence.example", field=Member.email, row=row),
        role="labeler",
        joined_at=timezone.now(),
    )


@canary_for(IsolationReport)
def canary_report(context: TenantContext, rows: CanaryRows) -> IsolationReport:
    """Make a report of a run that examined nothing."""
    row = uuid7()
    return IsolationReport.objects.create(
        id=row,
        asked_by_id=context.actor_id,
        state="canary",
        started_at=timezone.now(),
        report=context.keyring.seal(b"{}", field=IsolationReport.report, row=row),
    )


@canary_for(OperatorConflict)
def canary_conflict(context: TenantContext, rows: CanaryRows) -> OperatorConflict:
    """Make a statement that is over: one that holds can stand once only."""
    row, now = uuid7(), timezone.now()
    return OperatorConflict.objects.create(
        id=row,
        opened_at=now,
        closed_at=now,
        statement=context.keyring.seal(b'{"why": []}', field=OperatorConflict.statement, row=row),
    )


@canary_for(SupportSession)
def canary_visit(context: TenantContext, rows: CanaryRows) -> SupportSession:
    """Make an ask that an owner has refused."""
    row, now, seal = uuid7(), timezone.now(), context.keyring.seal
    visitor = f'{{"name": "Canary", "member": "{row}"}}'.encode()
    return SupportSession.objects.create(
        id=row,
        state="refused",
        role="auditor",
        minutes=1,
        purpose=seal(b"Canary", field=SupportSession.purpose, row=row),
        visitor=seal(visitor, field=SupportSession.visitor, row=row),
        counts=seal(b"{}", field=SupportSession.counts, row=row),
        asked_at=now,
        decided_at=now,
        decided_by_id=context.actor_id,
    )


def _plain(route: str, method: str, body: dict[str, str | int | list[str]] | None = None) -> None:
    """Register a route that needs no id of a row."""
    example_request_for(route)(lambda rows: ExampleRequest(method, body=dict(body or {})))


def _on_member(route: str, method: str, body: dict[str, str] | None = None) -> None:
    """Register a route about one member."""
    example_request_for(route)(
        lambda rows: ExampleRequest(method, kwargs={"member_id": rows[Member].pk}, body=dict(body or {}))
    )


def _closing_by_session(route: str, body: dict[str, str], *, of_one: bool = True) -> None:
    """Register a route that a token does not open."""
    example_request_for(route)(
        lambda rows: ExampleRequest(
            "POST",
            kwargs={"closing_id": rows[OFFERS["closing_id"]].pk} if of_one else {},
            body=dict(body),
            by_session=True,
        )
    )


def _on_control_row(route: str, method: str, argument: str) -> None:
    """Register a route about a row of the control database, made for each run of the check."""
    example_request_for(route)(
        lambda rows: ExampleRequest(method, kwargs={argument: rows[OFFERS[argument]].pk})
    )


for _route in (
    "home",
    "admission",
    "neutrality",
    "verdict",
    "ownership",
    "state",
    "closing",
    "keys",
    "platform",
    "members",
    "tokens",
    "setup",
):
    _plain(f"tenants:{_route}", "GET")
for _route in ("setup-keys", "setup-pin", "setup-activate"):
    _plain(f"tenants:{_route}", "POST")
_INVITATION: dict[str, str | int | list[str]] = {"email": "canary@ringfence.example", "role": "labeler"}
_plain("tenants:state", "POST", {"move": "suspend"})
_plain("tenants:members", "POST", _INVITATION)
_plain("tenants:closing", "POST", {"code_name": "canary", "code": "000000"})
for _route in ("closing-confirm", "closing-withdraw", "closing-begin"):
    _on_control_row(f"tenants:{_route}", "POST", "closing_id")
_closing_by_session("closing-api:closing", {"code_name": "canary", "code": "000000"}, of_one=False)
for _route in ("confirm", "begin"):
    _closing_by_session(f"closing-api:{_route}", {"code": "000000"})
_plain("closing-api:closing", "GET")
_on_control_row("closing-api:one", "DELETE", "closing_id")
_plain("tenants:tokens", "POST", {"label": "canary", "days": 1, "permissions": ["tenant:view"]})
_on_member("tenants:member-role", "POST", {"role": "labeler"})
_on_member("tenants:member-remove", "POST")
_on_control_row("tenants:invitation-again", "POST", "invitation_id")
_on_control_row("tenants:invitation-withdraw", "POST", "invitation_id")
_on_control_row("tenants:token-revoke", "POST", "token_id")

for _route in ("workspace", "members", "invitations", "tokens", "verdict"):
    _plain(f"tenants-api:{_route}", "GET")
_plain("tenants-api:state", "POST", {"move": "suspend"})
_plain("tenants-api:invitations", "POST", _INVITATION)
_plain("tenants-api:tokens", "POST", {"label_text": "canary", "days": 1, "permissions": ["tenant:view"]})
_on_member("tenants-api:member", "PATCH", {"role": "labeler"})
_on_member("tenants-api:member", "DELETE")
_on_member("tenants-api:member-erasure", "POST", {"ground": "objection", "confirm": "1"})
_on_control_row("tenants-api:invitation", "DELETE", "invitation_id")
_on_control_row("tenants-api:invitation-mail", "POST", "invitation_id")
_on_control_row("tenants-api:token", "DELETE", "token_id")


_PARTY = {"party_id": CANARY_PARTY}
_STATEMENT = {"statement_id": CANARY_STATEMENT}
_SAID = {"date": "2026-01-01", "source": "canary", "assurance": "document"}


def _on_registry(
    route: str, method: str, kwargs: dict[str, UUID], body: dict[str, str] | None = None
) -> None:
    """Register a route of the operator's registry; its rows are public facts and no tenant's."""
    example_request_for(f"registry:{route}")(
        lambda rows: ExampleRequest(method, kwargs=dict(kwargs), body=dict(body or {}))
    )


for _route in ("parties", "new-party", "doubts", "imports", "attestations"):
    _on_registry(_route, "GET", {})
_DESCRIBED = {"name": "Canary", "kind": "entity", "source": "canary"}
_on_registry("new-party", "POST", {}, _DESCRIBED)
for _route in ("party", "describe", "interest", "tie"):
    _on_registry(_route, "GET", _PARTY)
_on_registry("describe", "POST", _PARTY, _DESCRIBED)
_on_registry("interest", "POST", _PARTY, {"type": "unknownInterest", **_SAID})
_on_registry("tie", "POST", _PARTY, {"person": "Canary", "role": "director", **_SAID})
_on_registry("recognise", "POST", {"party_id": CANARY_DECLARED}, {"reason": "canary"})
_IMPORT = {"import_id": CANARY_IMPORT}
_on_registry("imports", "POST", {}, {"kind": "bods", "source": "canary", "dated": "2026-01-01"})
_on_registry(
    "attestations",
    "POST",
    {},
    {"agency": "Canary", "date": "2026-01-01", "signer": "x", "rows": "address,role"},
)
for _route in ("import", "import-progress"):
    _on_registry(_route, "GET", _IMPORT)
_on_registry("import-apply", "POST", _IMPORT, {"plan": "00" * 32})
_on_registry("import-drop", "POST", _IMPORT)
_on_registry("withdraw", "GET", _STATEMENT)
_on_registry("withdraw", "POST", _STATEMENT, _SAID)


@namer_for("member")
def names_of_members(context: TenantContext, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Return members' names, for the log's page; former members keep theirs."""
    rows = Member.objects.filter(id__in=list(ids))
    return {row.id: context.keyring.open(row.name, field=Member.name, row=row.id).decode() for row in rows}


_plain("tenants:operator-conflict", "GET")


@example_request_for("tenants:operator-conflict-read")
def read_conflict(rows: CanaryRows) -> ExampleRequest:
    """Acknowledge the canary's statement."""
    return ExampleRequest("POST", {"conflict_id": rows[OperatorConflict].pk})


def _on_visit(route: str, method: str, body: dict[str, str | int] | None = None) -> None:
    """Register a route about one support visit."""
    example_request_for(f"tenants:{route}")(
        lambda rows: ExampleRequest(
            method, kwargs={"session_id": rows[SupportSession].pk}, body=dict(body or {})
        )
    )


for _route in ("support", "support-asks"):
    _plain(f"tenants:{_route}", "GET")
_plain(
    "tenants:support-asks",
    "POST",
    {"customer": "canary", "purpose": "Canary", "minutes": 1, "role": "auditor"},
)
for _route in ("support-visit", "support-watch"):
    _on_visit(_route, "GET")
_on_visit("support-approve", "POST", {"minutes": 1, "code": "000000"})
_plain("tenants:support-leave", "POST")
for _route in ("support-refuse", "support-end"):
    _on_visit(_route, "POST")

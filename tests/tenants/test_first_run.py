"""From `manage.py create_tenant` to an active workspace, through mail, second factor, keys, pin and first members."""

from typing import Any

import pytest

from audit.pins import Pin
from ringfence.kernel.permissions import Purpose, Role
from tenants.gate.people import add_person, set_tenant_state
from tenants.gate.places import count_tenants, tenant_facts
from tenants.gate.registry import keep_declaration
from tenants.gate.sessions import mint_session
from tenants.gate.verdicts import today
from tenants.services.admit_member import admit_member
from tenants.services.create_tenant import create_tenant
from tenants.values import TenantState
from tests.audit.logkeeping import Keeper
from tests.tenants.browser import PASSWORD, Visitor, code_of, declare, events_of, link_to, secret_on
from tests.world import Workspace


@pytest.fixture
def keeper(stack: Any) -> Any:
    """Sequencer and signer."""
    with Keeper(stack, shared=True) as running:
        yield running


def test_a_workspace_from_nothing_to_active(
    stack: Any, keeper: Keeper, operator: Workspace, address: str, capsys: Any
) -> None:
    from django.core.management import call_command

    acts = len(events_of(stack, operator, "operator.acted"))
    before = {t.public_id for t in count_tenants()}
    call_command("create_tenant", name="Northwind Models", code_name="Project Elm", owner_email=address)
    (made,) = [t for t in count_tenants() if t.public_id not in before]
    said = capsys.readouterr().out
    assert made.public_id in said
    assert "Northwind" not in said
    assert len(events_of(stack, operator, "operator.acted")) == acts + 1
    assert made.state == "setting-up"
    here = f"/w/{made.public_id}"

    owner = Visitor()
    owner.get(link_to(address))
    answer = owner.post("/invitation", {"name": "First Owner", "password": PASSWORD})
    assert answer["Location"] == "/second-factor"
    secret = secret_on(owner.get("/second-factor"))
    assert owner.post("/second-factor", {"code": code_of(secret)}).status_code == 200
    assert owner.get("/")["Location"] == f"{here}/"
    assert owner.get(f"{here}/")["Location"].startswith("/declaration?next=")
    assert declare(owner, wanted=f"{here}/")["Location"] == f"{here}/"
    assert owner.get(f"{here}/")["Location"] == f"{here}/setup"

    page = owner.get(f"{here}/setup").content.decode()
    assert "know which key rules" in page
    assert "Northwind Models" in page
    assert owner.post(f"{here}/setup/activate").status_code == 409
    assert owner.post(f"{here}/setup/keys")["Location"] == f"{here}/setup"
    assert "keep the beginning" in owner.get(f"{here}/setup").content.decode()
    assert owner.post(f"{here}/setup/activate").status_code == 409
    assert owner.post(f"{here}/setup/pin").status_code == 503, "the log has no checkpoint yet"
    assert "keep the beginning" in owner.get(f"{here}/setup").content.decode()
    keeper.settle()
    file = owner.post(f"{here}/setup/pin")
    assert Pin.parse(file.content)
    assert file["Content-Disposition"].startswith("attachment;")
    assert file["Audit-Receipt"]

    assert "First members" in owner.get(f"{here}/setup").content.decode()
    owner.post(f"{here}/members", {"email": f"second-{address}", "role": "owner"})
    assert "1 open invitation" in owner.get(f"{here}/setup").content.decode()
    assert owner.post(f"{here}/setup/activate")["Location"] == f"{here}/"
    assert owner.get(f"{here}/").status_code == 200
    assert "Every step is done" in owner.get(f"{here}/setup").content.decode()
    tenant_id = keeper.as_signer.execute(
        "select tenant_id from audit.log order by opened_at desc limit 1"
    ).fetchone()
    assert tenant_id is not None
    assert tenant_facts(tenant_id[0])[0] == "active"


@pytest.fixture
def young(keeper: Keeper) -> tuple[Workspace, Visitor]:
    """A workspace in its first run, and its owner."""
    made = create_tenant(name="Young", code_name="Project Oak")
    workspace = Workspace(made.tenant_id, made.public_id)
    return workspace, Visitor(workspace.someone(Role.OWNER))


def test_only_owners_run_the_first_run_and_the_others_wait(young: tuple[Workspace, Visitor]) -> None:
    workspace, _ = young
    admin = Visitor(workspace.someone(Role.ADMIN))
    assert admin.get(f"/w/{workspace.public_id}/setup").status_code == 403
    home = admin.get(f"/w/{workspace.public_id}/")
    assert home.status_code == 200
    assert "wait until the workspace is active" in home.content.decode()


def test_each_step_is_in_the_log(stack: Any, keeper: Keeper, young: tuple[Workspace, Visitor]) -> None:
    workspace, owner = young
    keeper.settle()
    for step in ("keys", "pin", "activate"):
        assert owner.post(f"/w/{workspace.public_id}/setup/{step}").status_code in {200, 302}
    for verb in ("key.confirmed", "audit_pin.delivered", "tenant_state.changed"):
        assert len(events_of(stack, workspace, verb)) == 1, verb


def test_an_unconfirmed_workspace_is_not_activated_by_the_api_either(
    young: tuple[Workspace, Visitor],
) -> None:
    from ringfence.kernel.context import acting
    from tenants.services.change_state import SetupUnfinished, change_state

    workspace, _ = young
    context = workspace.context()
    with acting(context), pytest.raises(SetupUnfinished, match="confirm the keys"):
        change_state(context, move="activate")
    assert tenant_facts(workspace.tenant_id)[0] == "setting-up"


def test_there_is_one_operator_and_it_comes_first(
    operator: Workspace, address: str, monkeypatch: Any
) -> None:
    from django.core.management import CommandError, call_command

    from tenants.management.commands import create_tenant as command

    with pytest.raises(CommandError, match="exists already"):
        call_command("create_tenant", name="x", code_name="x", owner_email=address, operator=True)
    monkeypatch.setattr(command, "has_operator", lambda: False)
    with pytest.raises(CommandError, match="--operator"):
        call_command("create_tenant", name="x", code_name="x", owner_email=address)


def test_a_dark_workspace_still_shows_its_keys_and_state_and_nothing_else(
    stack: Any, acme: Workspace
) -> None:
    from ringfence.kernel.context import acting
    from tenants.keys.service import key_service
    from tenants.keys.vault import vault
    from tenants.models import TenantKey

    owner = Visitor(acme.someone(Role.OWNER))
    with acting(acme.context()):
        (reference,) = set(TenantKey.objects.values_list("key_ref", flat=True))
    assert "Answers" in owner.get(f"/w/{acme.public_id}/keys").content.decode()
    key_service().inner.disable(reference)
    vault.probe_all()
    keys = owner.get(f"/w/{acme.public_id}/keys")
    assert keys.status_code == 200
    assert "This workspace is dark" in keys.content.decode()
    assert reference in keys.content.decode()
    assert owner.get(f"/w/{acme.public_id}/state").status_code == 200
    assert owner.get(f"/w/{acme.public_id}/members").status_code == 423
    key_service().inner.enable(reference)
    assert owner.get(f"/w/{acme.public_id}/members").status_code == 200


def test_the_operator_sees_ids_states_and_counts_and_no_name(operator: Workspace, acme: Workspace) -> None:
    acme.someone(Role.LABELER)
    person_id = add_person(email=f"op-{acme.public_id}@people.example", name="Opal", password=None)
    keep_declaration(person_id, today())
    admit_member(operator.service(Purpose.SETUP), person_id=person_id, role=Role.OPERATOR)
    browser = Visitor()
    browser.client.cookies["ringfence_session"] = mint_session(
        person_id, tenant_id=operator.tenant_id, second_factor=True
    )
    said = browser.get(f"/w/{operator.public_id}/platform").content.decode()
    assert acme.public_id in said
    assert "What you cannot see" in said
    for word in (
        "Acme",
        "labeler-",
        "people.example",
        str(acme.tenant_id),
        str(acme.someone(Role.LABELER).member_id),
    ):
        assert word not in said
    assert browser.get(f"/w/{acme.public_id}/").status_code == 404


def test_mails_are_shown_in_the_demo_only(
    acme: Workspace, address: str, settings_of_django: Any, tmp_path: Any
) -> None:
    settings_of_django.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings_of_django.EMAIL_FILE_PATH = str(tmp_path)
    owner = Visitor(acme.someone(Role.OWNER))
    assert owner.get("/mail").status_code == 404
    settings_of_django.MODE = "demo"
    assert "No mail yet" in owner.get("/mail").content.decode()
    for n in range(2):
        owner.post(f"/w/{acme.public_id}/members", {"email": f"{n}-{address}", "role": "labeler"})
    said = Visitor().get("/mail").content.decode()
    assert f"0-{address}" in said
    assert f"1-{address}" in said
    assert 'href="http://127.0.0.1:8000/invitation/' in said
    settings_of_django.MODE = "production"
    assert owner.get("/mail").status_code == 404


def test_a_destroyed_workspace_answers_nobody(acme: Workspace) -> None:
    owner = Visitor(acme.someone(Role.OWNER))
    set_tenant_state(acme.tenant_id, TenantState.DESTROYED)
    for page in ("", "members", "keys", "audit", "state"):
        assert owner.get(f"/w/{acme.public_id}/{page}").status_code == 410

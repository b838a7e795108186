"""A dark workspace is closed as well: its key service refuses the key, and no step needs one."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core import mail

from audit.models import Body
from audit.services.pin_file import pin_file
from audit.verbs import Verb
from ringfence.crypto.errors import CannotOpen
from ringfence.kernel.context import acting
from ringfence.kernel.errors import Dark, Invalid
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Purpose, Role
from tenants.gate.carrying_out import certificate_behind, kept_draft
from tenants.gate.closings import closing_of
from tenants.keys.one_off import OneOffKeyring
from tenants.keys.service import key_service
from tenants.keys.vault import vault
from tenants.services import carry_out_closing as job
from tenants.services import close_workspace as acts
from tests.audit.logkeeping import Keeper, happen
from tests.stack import Stack
from tests.tenants.browser import Visitor, events_of, link_to
from tests.tenants.closed import (
    Killed,
    dying_after,
    everything_sealed,
    key_of_customer,
    key_of_customer_closed,
    logged,
    nothing_opens,
    opens,
)
from tests.tenants.closing import (
    as_worker,
    begin,
    codes_accepted,
    let_pass,
    request,
    round_of,
    under_way,
    verify,
)
from tests.world import Workspace


@pytest.fixture(autouse=True)
def codes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with codes_accepted(monkeypatch):
        yield


@pytest.fixture
def keeper(stack: Stack) -> Iterator[Keeper]:
    with Keeper(stack, shared=True) as keeper:
        keeper.settle()
        yield keeper


def disabled(reference: str) -> None:
    key_service().inner.disable(reference)  # type: ignore[attr-defined]  # the local one has it


def destroyed(reference: str) -> None:
    key_service().destroy(reference)


def darken(workspace: Workspace, how: Callable[[str], None] = disabled) -> str:
    """The customer turns us off; return which key it was."""
    reference = key_of_customer(workspace)
    how(reference)
    vault.probe_all()
    with pytest.raises(Dark, match="refuses"):
        opens(workspace)
    return reference


def certificate(workspace: Workspace) -> bytes:
    """The file behind the link in the mail that came last."""
    return certificate_behind(link_to(mail.outbox[-1].to[0]).rpartition("/")[2])[1]


def ends(workspace: Workspace, keeper: Keeper) -> None:
    assert round_of(workspace) == "signature"
    keeper.settle()
    assert round_of(workspace) == "done"
    assert round_of(workspace) == "over"


def told(file: bytes) -> dict[str, Any]:
    """What the event in a certificate says."""
    with zipfile.ZipFile(io.BytesIO(file)) as bundle:
        (name,) = [each for each in bundle.namelist() if each.endswith("jsonl")]
        (line,) = bundle.read(name).splitlines()
    return dict(json.loads(json.loads(line)["core"]["text"]))


class TestInTheDark:
    """Asked, confirmed and carried out while nothing opens."""

    @pytest.mark.parametrize("how", [disabled, destroyed])
    def test_from_end_to_end(
        self,
        stack: Stack,
        keeper: Keeper,
        acme: Workspace,
        operator: Workspace,
        tmp_path: Path,
        how: Callable[[str], None],
    ) -> None:
        first, second = acme.someone(Role.OWNER), acme.someone(Role.OWNER, 1)
        happen(acme, 3)
        keeper.settle()
        context = first.context
        with acting(context):
            pin = pin_file(context).content
        happen(acme, 3)
        keeper.settle()
        ciphertexts = everything_sealed(stack, acme)
        reference = darken(acme, how)
        size = keeper.size(acme)
        mail.outbox.clear()

        here = f"/w/{acme.public_id}/closing"
        one, two = Visitor(first), Visitor(second)
        page = one.get(here)
        assert page.status_code == 200
        assert "This workspace is dark" in page.content.decode()
        assert f"<code>{acme.public_id}</code>" in page.content.decode()
        assert one.post(here, {"code_name": "Acme", "code": "1"}).status_code == 400
        assert closing_of(acme.tenant_id) is None
        assert one.post(here, {"code_name": acme.public_id, "code": "1"}).status_code == 302
        assert len(mail.outbox) == 2
        closing = under_way(acme)
        assert two.post(f"{here}/{closing.id}/confirm", {"code": "1"}).status_code == 302
        assert one.post(f"{here}/{closing.id}/begin", {"code": "1"}).status_code == 409
        let_pass(stack, acme, timedelta(days=8))
        assert one.post(f"{here}/{closing.id}/begin", {"code": "1"})["Location"] == "/closed"
        for verb in (Verb.CLOSING_ASKED, Verb.CLOSING_CONFIRMED, Verb.CLOSING_BEGUN):
            assert events_of(stack, operator, verb)[-1][1] == closing.id
            assert events_of(stack, acme, verb) == []

        let_pass(stack, acme, job.QUIET)
        with as_worker(stack):
            ends(acme, keeper)
        assert keeper.size(acme) == size + 1
        assert logged(stack, acme, Verb.TENANT_DESTROYED) == [(size, closing.id)]
        assert keeper.state(acme)[0] == "retired"
        assert keeper.report(acme).problems == ()
        nothing_opens(stack, acme, ciphertexts, reference)

        file = certificate(acme)
        (tmp_path / "certificate.zip").write_bytes(file)
        (tmp_path / "log.pin").write_bytes(pin)
        code, said = verify("bundle", str(tmp_path / "certificate.zip"), "--pin", str(tmp_path / "log.pin"))
        assert code == 0, said
        detail = told(file)["detail"]
        assert (detail["dark"], detail["events_before"]) == (True, size)
        assert (detail["asked_by"], detail["confirmed_by"]) == (str(first.member_id), str(second.member_id))

    def test_withdrawn_in_the_dark_and_in_the_light(
        self, stack: Stack, acme: Workspace, operator: Workspace
    ) -> None:
        context = acme.context()
        reference = darken(acme)
        asked = acts.ask_closing(context, request(), code_name=acme.public_id, code="1")
        acts.withdraw_closing(context, closing_id=asked.id)
        assert events_of(stack, operator, Verb.CLOSING_WITHDRAWN)[-1][1] == asked.id
        again = acts.ask_closing(context, request(), code_name=acme.public_id, code="1")
        key_service().inner.enable(reference)  # type: ignore[attr-defined]
        with pytest.raises(Invalid, match="code name"):
            acts.ask_closing(context, request(), code_name=acme.public_id, code="1")
        acts.withdraw_closing(context, closing_id=again.id)
        assert [each[1] for each in events_of(stack, acme, Verb.CLOSING_WITHDRAWN)] == [again.id]

    def test_an_outage_passes_and_nothing_is_asked_in_it(self, stack: Stack, acme: Workspace) -> None:
        context = acme.context()
        vault.forget_tenant(acme.tenant_id)
        outage = stack.directory / "keys" / "outage"
        outage.touch()
        try:
            for typed in ("Acme", acme.public_id):
                with pytest.raises(Dark, match="does not answer"):
                    acts.ask_closing(context, request(), code_name=typed, code="1")
        finally:
            outage.unlink()
        assert closing_of(acme.tenant_id) is None

    def test_killed_at_each_statement_it_ends_once(
        self, stack: Stack, keeper: Keeper, acme: Workspace
    ) -> None:
        happen(acme, 3)
        keeper.settle()
        ciphertexts = everything_sealed(stack, acme)
        closing, reference = begin(stack, acme), key_of_customer_closed(acme)
        disabled(reference)
        vault.probe_all()
        deaths, drafts = 0, set()
        with as_worker(stack):
            for patience in range(1, 400):
                if dying_after(patience, acme) == "over":
                    break
                deaths += 1
                drafts.add(kept_draft(closing.id))
                keeper.settle()
        assert deaths > 40
        assert len(drafts - {None}) == 1, "one event, whichever run records it"
        assert [each[1] for each in logged(stack, acme, Verb.TENANT_DESTROYED)] == [closing.id]
        assert keeper.state(acme)[0] == "retired"
        assert keeper.report(acme).problems == ()
        nothing_opens(stack, acme, ciphertexts, reference)

    @pytest.mark.parametrize("step", ["record_end", "certify_end", "keep_certificate", "retire_log"])
    def test_the_key_goes_in_the_middle(
        self, stack: Stack, keeper: Keeper, acme: Workspace, step: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begin(stack, acme)
        reference = key_of_customer_closed(acme)

        def dies(*_: Any, **__: Any) -> None:
            raise Killed

        with as_worker(stack):
            with monkeypatch.context() as patched:
                patched.setattr(job, step, dies)
                for _ in range(2):
                    try:
                        round_of(acme)
                    except Killed:
                        break
                    keeper.settle()
                else:
                    pytest.fail("it did not come so far")
            destroyed(reference)
            vault.probe_all()
            while (now := round_of(acme)) != "done":
                assert now == "signature"
                keeper.settle()
        assert len(logged(stack, acme, Verb.TENANT_DESTROYED)) == 1


class TestTheLastEvent:
    """Its body is for nobody, in the light too; what it says is in the certificate."""

    def test_nobody_opens_it_and_the_draft_is_gone(
        self, stack: Stack, keeper: Keeper, acme: Workspace
    ) -> None:
        closing = begin(stack, acme)
        with as_worker(stack):
            assert round_of(acme) == "signature"
            keeper.settle()
            context = job.closed_context(acme.tenant_id, Purpose.JOB)
            with acting(context):
                last = Body.objects.get(verb=Verb.TENANT_DESTROYED)
                for field in (Body.core, Body.pii):
                    with pytest.raises(CannotOpen):
                        context.keyring.open(bytes(getattr(last, field.field.name)), field=field, row=last.id)
            assert kept_draft(closing.id) is not None
            assert round_of(acme) == "done"
        assert kept_draft(closing.id) is None
        with psycopg.connect(stack.cluster.superuser_url("control")) as database:
            row = database.execute(
                "select last_event, certificate is null from people_closing where id = %s", [closing.id]
            ).fetchone()
        assert row == (None, False)

    def test_what_is_sealed_for_nobody_opens_for_nobody(self, acme: Workspace) -> None:
        context, row = acme.service(Purpose.JOB), uuid7()
        one_off = OneOffKeyring(acme.tenant_id)
        sealed = [one_off.seal(b"the same", field=Body.core, row=row) for _ in range(2)]
        assert sealed[0][4:20] != sealed[1][4:20], "each under a key of its own"
        for each in sealed:
            with pytest.raises(CannotOpen):
                one_off.open(each, field=Body.core, row=row)
            with acting(context), pytest.raises(CannotOpen):
                context.keyring.open(each, field=Body.core, row=row)

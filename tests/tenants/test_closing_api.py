"""Closing a workspace by API: the same walls as its pages, and no token opens them."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from audit.verbs import Verb
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Permission, Role
from tenants.gate.closings import closing_of
from tenants.gate.second_factor import accept_second_factor, offer_second_factor
from tenants.gate.sessions import visitor_of
from tenants.services.manage_tokens import create_token
from tests.stack import Stack
from tests.tenants.browser import Visitor, code_of, events_of
from tests.tenants.closing import codes_accepted, let_pass, name_of
from tests.world import Someone, Workspace


class Script:
    """An owner's script: with the cookie of a session, or with a token that has the right."""

    def __init__(self, someone: Someone, *, token: bool = False) -> None:
        self._visitor = Visitor(someone)
        self._visitor.client.get("/password-reset")
        self._path = f"/api/v1/{someone.public_id}/workspace/closing"
        self._headers = {"X-CSRFToken": self._visitor.client.cookies["csrftoken"].value}
        if token:
            context = someone.context
            with acting(context):
                _, secret = create_token(
                    context, label="script", permissions=[Permission.TENANT_CLOSE], days=1
                )
            self._visitor.client.cookies.clear()
            self._headers = {"Authorization": f"Bearer {secret}"}

    def call(self, method: str, path: str = "", body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """Return (status, answer)."""
        answer = self._visitor.client.generic(
            method, self._path + path, json.dumps(body or {}), "application/json", headers=self._headers
        )
        return answer.status_code, json.loads(answer.content) if answer.content else None


@pytest.fixture
def codes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with codes_accepted(monkeypatch):
        yield


@pytest.mark.usefixtures("codes")
class TestByScript:
    """Sessions act, tokens look on."""

    def test_from_asking_to_the_last_step(self, stack: Stack, acme: Workspace) -> None:
        first, second = Script(acme.someone(Role.OWNER)), Script(acme.someone(Role.OWNER, 1))
        assert first.call("GET") == (200, {"closing": None})
        assert first.call("POST", body={"code_name": "another", "code": "1"})[1]["field"] == "code_name"
        status, asked = first.call("POST", body={"code_name": name_of(acme), "code": "1"})
        assert (status, asked["state"], asked["needed"], len(asked["words"])) == (201, "waiting", 2, 1)
        here = f"/{asked['id']}"
        assert first.call("POST", f"{here}/confirmation", {"code": "1"})[1]["code"] == "closing_refused"
        let_pass(stack, acme, timedelta(days=8))
        assert first.call("GET")[1]["closing"]["state"] == "unconfirmed"
        assert first.call("POST", f"{here}/beginning", {"code": "1"})[0] == 409
        status, confirmed = second.call("POST", f"{here}/confirmation", {"code": "1"})
        assert (status, confirmed["state"], len(confirmed["words"])) == (200, "ripe", 2)
        assert second.call("POST", f"{here}/beginning")[0] == 400, "without a code"
        assert second.call("POST", f"{here}/beginning", {"code": "1"}) == (202, None)
        assert second.call("GET")[0] == 401, "the session has ended with the workspace"
        assert len(events_of(stack, acme, Verb.CLOSING_BEGUN)) == 1

    def test_withdrawn_and_lapsed(self, stack: Stack, acme: Workspace) -> None:
        script = Script(acme.someone(Role.OWNER))
        _, asked = script.call("POST", body={"code_name": name_of(acme), "code": "1"})
        let_pass(stack, acme, timedelta(days=38))
        assert script.call("GET")[1]["closing"]["state"] == "lapsed"
        assert script.call("DELETE", f"/{asked['id']}") == (204, None)
        assert script.call("DELETE", f"/{asked['id']}")[0] == 404
        assert script.call("GET") == (200, {"closing": None})

    def test_a_token_reads_and_withdraws_and_nothing_else(self, stack: Stack, acme: Workspace) -> None:
        """Every code is taken here, and still no token closes anything."""
        owner, other = acme.someone(Role.OWNER), acme.someone(Role.OWNER, 1)
        token, session = Script(owner, token=True), Script(other)
        body = {"code_name": name_of(acme), "code": "1"}
        refused = token.call("POST", body=body)
        assert (refused[0], refused[1]["code"]) == (403, "session_needed")
        assert closing_of(acme.tenant_id) is None
        _, asked = session.call("POST", body=body)
        here = f"/{asked['id']}"
        let_pass(stack, acme, timedelta(days=8))
        assert token.call("GET")[1]["closing"]["id"] == asked["id"]
        for step in ("confirmation", "beginning"):
            refused = token.call("POST", f"{here}/{step}", {"code": "1"})
            assert (refused[0], refused[1]["code"]) == (403, "session_needed"), step
        under_way = closing_of(acme.tenant_id)
        assert under_way is not None
        assert (under_way.confirmed_by, under_way.begun_at) == (None, None)
        assert token.call("DELETE", here) == (204, None)


def test_a_script_shows_a_real_code_and_each_only_once(stack: Stack, acme: Workspace) -> None:
    owner = acme.someone(Role.OWNER)
    visitor = visitor_of(owner.session)
    assert visitor is not None
    secret = pyotp.parse_uri(offer_second_factor(visitor)).secret
    accept_second_factor(visitor, code_of(secret, steps=-1))
    script, name = Script(owner), name_of(acme)
    refused = script.call("POST", body={"code_name": name, "code": "000000"})
    assert (refused[0], refused[1]["code"], refused[1]["field"]) == (400, "wrong_code", "code")
    assert closing_of(acme.tenant_id) is None
    code = code_of(secret)
    status, asked = script.call("POST", body={"code_name": name, "code": code})
    assert status == 201
    let_pass(stack, acme, timedelta(days=8))
    again = script.call("POST", f"/{asked['id']}/beginning", {"code": code})
    assert (again[0], again[1]["code"]) == (400, "wrong_code")
    assert acme.context().permissions

"""The operator is a party under every policy: what happens when it meets a rule itself."""

from typing import Any

import pytest
from django.test import override_settings

from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Purpose, Role
from tenants.gate.registry import NewParty, known
from tenants.neutrality.facts import Party
from tenants.services.state_facts import state_facts
from tenants.services.watch_operator import tell_incident, watch_operator
from tests.neutrality.stating import end, exclude, hold, party
from tests.stack import Stack
from tests.tenants.browser import Visitor, events_of
from tests.world import Workspace


@pytest.fixture(scope="module")
def ourselves(stack: Stack, operator: Any) -> Any:
    """Our own party: the one of this install, made once."""
    there = known().operator
    if there is None:
        there = uuid7()
        state_facts([NewParty(Party(there, "The operator"), is_operator=True)])
    return there


def watch(workspace: Workspace) -> bool | None:
    return watch_operator(workspace.service(Purpose.NEUTRALITY))


def test_whoever_excludes_our_new_owner_is_told_and_nobody_else(
    stack: Stack, acme: Workspace, rival: Workspace, operator: Workspace, ourselves: Any
) -> None:
    investor = party("Investor")
    exclude(acme, investor)
    assert watch(acme) is None
    told_before = len(events_of(stack, operator, "operator.conflicted"))
    stake = hold(investor, ourselves, "9", voting=False)

    assert watch(acme) is True
    tell_incident()
    assert watch(rival) is None

    assert len(events_of(stack, acme, "operator_conflict.stated")) == 1
    assert events_of(stack, rival, "operator_conflict.stated") == []
    assert len(events_of(stack, operator, "operator.conflicted")) == told_before + 1
    assert watch(acme) is None, "one statement stands, however often it is asked"

    visitor = Visitor(acme.someone(Role.OWNER))
    home = visitor.get(f"/w/{acme.public_id}/").content.decode()
    assert "meet a rule of your policy ourselves" in home
    page = visitor.get(f"/w/{acme.public_id}/neutrality/operator").content.decode()
    assert "9 % owned by Investor" in page
    assert "non-voting" in page
    assert "/keys" in page
    other = Visitor(rival.someone(Role.OWNER))
    assert "meet a rule" not in other.get(f"/w/{rival.public_id}/").content.decode()
    labeler = Visitor(acme.someone(Role.LABELER))
    assert "meet a rule" not in labeler.get(f"/w/{acme.public_id}/").content.decode()
    assert labeler.get(f"/w/{acme.public_id}/neutrality/operator").status_code == 403

    end(stake)
    assert watch(acme) is False
    assert len(events_of(stack, acme, "operator_conflict.ended")) == 1
    assert "meet a rule" not in visitor.get(f"/w/{acme.public_id}/").content.decode()


def test_nothing_is_stopped_behind_the_tenants_back(acme: Workspace, ourselves: Any) -> None:
    investor = party("Investor")
    exclude(acme, investor)
    stake = hold(investor, ourselves, "9")
    assert watch(acme) is True
    assert acme.context(Role.LABELER).role is Role.LABELER
    assert acme.context(Role.MANAGER).role is Role.MANAGER
    end(stake)


def test_who_may_see_the_policy_says_that_they_read_it_once(
    stack: Stack, acme: Workspace, ourselves: Any
) -> None:
    investor = party("Investor")
    exclude(acme, investor)
    stake = hold(investor, ourselves, "9")
    assert watch(acme) is True
    ((_, statement),) = events_of(stack, acme, "operator_conflict.stated")
    read = f"/w/{acme.public_id}/neutrality/operator/{statement}/read"
    officer = Visitor(acme.someone(Role.AUDITOR))
    assert officer.post(read).status_code == 302
    assert officer.post(read).status_code == 302
    assert len(events_of(stack, acme, "operator_conflict.acknowledged")) == 1
    assert Visitor(acme.someone(Role.LABELER)).post(read).status_code == 403
    end(stake)


def serving(what: str, *, of: Any = None, **more: Any) -> Any:
    """Describe a party that serves us; one of `of` anew."""
    made = of or uuid7()
    identifiers = (("serves", what),) if what else ()
    state_facts([NewParty(Party(made, f"Mailer {str(made)[-6:]}", identifiers=identifiers, **more))])
    return made


def leant_on(visitor: Visitor, workspace: Workspace) -> str:
    """Return the part of the neutrality page that says whom the platform leans on."""
    page = visitor.get(f"/w/{workspace.public_id}/neutrality").content.decode()
    return page.partition('id="leans"')[2].partition("</section>")[0]


def test_a_subprocessor_that_an_excluded_party_buys_is_told_to_whoever_excludes_it(
    stack: Stack, acme: Workspace, rival: Workspace, ourselves: Any
) -> None:
    buyer = party("Buyer")
    exclude(acme, buyer)
    mailer = serving("mail", listed=True)
    assert watch(acme) is None, "listed, and nobody's whom anybody excludes"
    officer = Visitor(acme.someone(Role.AUDITOR))
    assert "Mailer" in leant_on(officer, acme)

    bought = hold(buyer, mailer, "100")
    assert watch(acme) is True
    assert watch(rival) is None
    stated = officer.get(f"/w/{acme.public_id}/neutrality/operator").content.decode()
    assert "we lean on somebody for mail" in stated
    assert "100 % owned by Buyer" in stated

    # What is stated follows what is so: a second one, then none.
    model = serving("a model")
    hold(buyer, model, "30")
    assert watch(acme) is True
    assert watch(acme) is None
    stated = officer.get(f"/w/{acme.public_id}/neutrality/operator").content.decode()
    assert "for a model" in stated
    serving("", of=model)
    end(bought)
    assert watch(acme) is False
    serving("", of=mailer)
    assert "Mailer" not in leant_on(officer, acme)


def test_a_host_of_the_settings_that_belongs_to_nobody_known_is_told(acme: Workspace, ourselves: Any) -> None:
    buyer = party("Buyer")
    exclude(acme, buyer)
    host = f"mail-{str(buyer)[-6:]}.example.com"
    smtp = "django.core.mail.backends.smtp.EmailBackend"
    with override_settings(EMAIL_BACKEND=smtp, EMAIL_HOST="localhost"):
        assert watch(acme) is None
    with override_settings(EMAIL_BACKEND=smtp, EMAIL_HOST=host):
        assert watch(acme) is True
        page = Visitor(acme.someone(Role.AUDITOR)).get(f"/w/{acme.public_id}/neutrality/operator")
        assert f"{host} belongs to nobody that we know" in page.content.decode()
        state_facts([NewParty(Party(uuid7(), "Relay", identifiers=(("host", host),), listed=True))])
        assert watch(acme) is False

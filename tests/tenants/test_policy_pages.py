"""The policy's pages through HTTP: drafting, review, signing with uploaded files, keys, plans and the dry run."""

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest

from audit.verbs import Verb
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tenants.gate.admin_keys import keys_of
from tenants.gate.plan_signing import plans_of
from tenants.gate.policies import in_force, versions
from tenants.gate.verdicts import today
from tenants.neutrality import admin_key
from tenants.neutrality.facts import Role as Tie
from tenants.neutrality.policy import Policy
from tenants.services.withdraw_policy import withdraw_policy
from tests.neutrality.stating import hold, party, works_for
from tests.signing import AdminKeyPair, drafted, proposed, sign_in_force, two_keys
from tests.stack import Stack
from tests.tenants.browser import Visitor, events_of
from tests.world import Workspace


def page_text(answer: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


def file_of(pair: AdminKeyPair, request: Any) -> str:
    """Sign a request file as the command does, and return the signature file's text."""
    made = admin_key.sign(
        pair.private, json.loads(request.content) if hasattr(request, "content") else request
    )
    return json.dumps(made)


@pytest.fixture
def owner(acme: Workspace) -> Visitor:
    """The owner's browser."""
    return Visitor(acme.someone(Role.OWNER))


@pytest.fixture
def admin(acme: Workspace) -> Visitor:
    """The admin's browser."""
    return Visitor(acme.someone(Role.ADMIN))


def at(acme: Workspace, rest: str = "") -> str:
    return f"/w/{acme.public_id}/neutrality/policy{rest}"


def settings_of(policy: Policy) -> dict[str, Any]:
    """Return the editor's fields as it shows a policy."""
    document = policy.document()
    found = {f"percents_{name}": value for name, value in document["percents"].items()}
    found |= {f"days_{name}": value for name, value in document["days"].items()}
    for rule, setting in document["rules"].items():
        found |= {f"rules_{rule}_{who}": level for who, level in setting.items()}
    return found


def test_until_a_policy_is_signed_the_page_says_unsigned(acme: Workspace, owner: Visitor) -> None:
    text = page_text(owner.get(at(acme)))
    assert "Unsigned" in text
    assert "0 of 2 admin keys" in text


def test_a_draft_is_made_by_searching_the_registry(acme: Workspace, owner: Visitor, stack: Stack) -> None:
    excluded = party("Wolf Holdings")
    name = f"Wolf Holdings {str(excluded)[-6:]}"
    form = settings_of(Policy())
    found = owner.post(at(acme, "/edit"), {**form, "do": "search", "search": "wolf holdings"})
    assert name in page_text(found)
    saved = owner.post(
        at(acme, "/edit"), {**form, "do": "save", "excluded": [str(excluded)], "days_grace": 10}
    )
    assert saved.status_code == 302
    (kept,) = versions(acme.tenant_id)
    assert (kept.policy.excluded, kept.policy.grace_days) == (frozenset({excluded}), 10)
    text = page_text(owner.get(saved["Location"]))
    assert f"Excluded parties – {name} More" in text or name in text
    assert "Further time 30 days 10 days More" in text
    assert len(events_of(stack, acme, Verb.POLICY_DELIVERED)) == 1


def test_what_is_looser_than_the_default_is_marked(acme: Workspace, owner: Visitor) -> None:
    kept = drafted(acme, Policy(grace_days=60))
    text = page_text(owner.get(at(acme, f"/{kept.version}")))
    assert "Looser than the default" in text
    assert "Fewer" in text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("percents_economic", "0"),
        ("percents_economic", "five"),
        ("days_cooling_off", "100"),
        ("days_grace", "-1"),
    ],
)
def test_a_figure_that_cannot_stand_is_told_at_its_field(
    acme: Workspace, owner: Visitor, field: str, value: str
) -> None:
    answer = owner.post(at(acme, "/edit"), {**settings_of(Policy()), "do": "save", field: value})
    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert versions(acme.tenant_id) == []


def test_two_people_sign_with_key_files_and_the_policy_rules(
    acme: Workspace, owner: Visitor, admin: Visitor, stack: Stack
) -> None:
    """The whole ceremony by files: possession, endorsement, proposal, two signatures."""
    pairs = [AdminKeyPair(acme.someone(role)) for role in (Role.OWNER, Role.ADMIN)]
    for pair, visitor in zip(pairs, (owner, admin), strict=True):
        shown = html.unescape(visitor.get(at(acme, "/keys")).content.decode())
        request = json.loads(re.findall(r"<textarea[^>]*data-sign-request>(.*?)</textarea>", shown, re.S)[-1])
        assert request["act"] == "ringfence admin key possession v1"
        answer = visitor.post(at(acme, "/keys"), {"file": file_of(pair, request), "label": "travel"})
        assert answer.status_code == 302, page_text(answer)
    waiting = keys_of(acme.tenant_id)[1]
    shown = html.unescape(owner.get(at(acme, "/keys")).content.decode())
    request = json.loads(
        re.findall(r'"act": "ringfence admin key endorsement v1".*?\}', shown, re.S)[0].join(["{", ""])
    )
    request["format"] = admin_key.REQUEST_FORMAT
    answer = owner.post(at(acme, f"/keys/{waiting.id}/endorse"), {"file": file_of(pairs[0], request)})
    assert answer.status_code == 302, page_text(answer)

    kept = drafted(acme, Policy(excluded=frozenset({party("Wolf")})))
    here = at(acme, f"/{kept.version}")
    assert owner.get(f"{here}/file").status_code == 400
    assert owner.post(f"{here}/propose", {"not_before": ""}).status_code == 302
    for pair, visitor in zip(pairs, (owner, admin), strict=True):
        answer = visitor.post(f"{here}/sign", {"file": file_of(pair, visitor.get(f"{here}/file"))})
        assert answer.status_code == 302, page_text(answer)
    text = page_text(owner.get(at(acme)))
    assert in_force(acme.tenant_id).signed
    assert "Unsigned" not in text
    assert text.count("Fits") == 2
    assert len(events_of(stack, acme, Verb.POLICY_SIGNED)) == 2


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"key": "00", "signature": "00"},
        {"key": "zz" * 32, "signature": "00" * 64},
        {"file": "[]"},
        {"file": "{"},
        {"file": "{}"},
        {"file": "[" * 20_000},
    ],
    ids=["nothing", "short", "no hex", "a list", "no JSON", "no format", "too large"],
)
def test_what_is_no_signature_is_refused_in_words(
    acme: Workspace, owner: Visitor, form: dict[str, Any]
) -> None:
    two_keys(acme)
    kept = proposed(acme, Policy(excluded=frozenset({party("Wolf")})))
    answer = owner.post(at(acme, f"/{kept.version}/sign"), form)
    assert answer.status_code == 400
    assert "ignature file" in page_text(answer)


def test_a_time_in_the_past_is_refused(acme: Workspace, owner: Visitor) -> None:
    two_keys(acme)
    kept = drafted(acme, Policy(excluded=frozenset({party("Wolf")})))
    here = at(acme, f"/{kept.version}/propose")
    assert "in the past" in page_text(owner.post(here, {"not_before": "2020-01-01T09:00"}))
    assert owner.post(here, {"not_before": "tomorrow"}).status_code == 400


def test_the_command_is_served_as_it_runs(acme: Workspace, owner: Visitor) -> None:
    answer = owner.get(at(acme, "/keys/command"))
    with open(admin_key.__file__, "rb") as file:
        assert answer.content == file.read()


def test_another_tenants_plan_is_absent(acme: Workspace, rival: Workspace, owner: Visitor) -> None:
    kept = _plan(acme, owner)
    assert (
        Visitor(rival.someone(Role.OWNER))
        .get(f"/w/{rival.public_id}/neutrality/policy/plans/{kept}")
        .status_code
        == 404
    )
    assert owner.get(at(acme, f"/plans/{kept}")).status_code == 200


def _plan(acme: Workspace, owner: Visitor, *members: Any) -> Any:
    answer = owner.post(
        at(acme, "/plans"),
        {
            "purpose": "Speech of the sea project",
            "members": [str(each.member_id) for each in members or (acme.someone(Role.LABELER),)],
            "start": today().isoformat(),
            "end": (today() + timedelta(days=30)).isoformat(),
            "conditions": "No export.\nReviewed every Friday.",
        },
    )
    assert answer.status_code == 302, page_text(answer)
    return plans_of(acme.tenant_id)[0].id


class TestPlans:
    """A walled-off team, from the draft to its end."""

    def test_a_plan_admits_whom_their_employer_kept_away(
        self, acme: Workspace, owner: Visitor, admin: Visitor
    ) -> None:
        wolf, vendor = party("Wolf"), party("Vendor")
        hold(wolf, vendor, "49", voting=False)
        labeler = acme.someone(Role.LABELER)
        works_for(labeler, vendor)
        keys = two_keys(acme)
        sign_in_force(acme, Policy(excluded=frozenset({wolf})), keys)
        assert Visitor(labeler).get(f"/w/{acme.public_id}/").status_code == 403
        plan = _plan(acme, owner, labeler)
        for pair, visitor in zip(keys, (owner, admin), strict=True):
            answer = visitor.post(
                at(acme, f"/plans/{plan}/sign"),
                {"file": file_of(pair, visitor.get(at(acme, f"/plans/{plan}/file")))},
            )
            assert answer.status_code == 302, page_text(answer)
        assert Visitor(labeler).get(f"/w/{acme.public_id}/").status_code == 200
        text = page_text(owner.get(at(acme, f"/plans/{plan}")))
        assert "Holds" in text
        assert "No export." in text

        sign_in_force(acme, Policy(excluded=frozenset({wolf}), grace_days=5), keys)
        assert Visitor(labeler).get(f"/w/{acme.public_id}/").status_code == 403
        text = page_text(owner.get(at(acme, f"/plans/{plan}")))
        assert "Lapsed: approve again" in text
        assert "Approve again" in text

    def test_an_ended_plan_lifts_nothing(self, acme: Workspace, owner: Visitor, admin: Visitor) -> None:
        wolf, vendor = party("Wolf"), party("Vendor")
        hold(wolf, vendor, "49", voting=False)
        labeler = acme.someone(Role.LABELER)
        works_for(labeler, vendor)
        keys = two_keys(acme)
        sign_in_force(acme, Policy(excluded=frozenset({wolf})), keys)
        plan = _plan(acme, owner, labeler)
        for pair, visitor in zip(keys, (owner, admin), strict=True):
            request = visitor.get(at(acme, f"/plans/{plan}/file"))
            visitor.post(at(acme, f"/plans/{plan}/sign"), {"file": file_of(pair, request)})
        assert Visitor(labeler).get(f"/w/{acme.public_id}/").status_code == 200
        assert admin.post(at(acme, f"/plans/{plan}/end")).status_code == 302
        assert Visitor(labeler).get(f"/w/{acme.public_id}/").status_code == 403

    def test_a_plan_never_lifts_a_tie_with_the_excluded_party(
        self, acme: Workspace, owner: Visitor, admin: Visitor
    ) -> None:
        wolf = party("Wolf")
        labeler = acme.someone(Role.LABELER)
        works_for(labeler, wolf)
        keys = two_keys(acme)
        sign_in_force(acme, Policy(excluded=frozenset({wolf})), keys)
        plan = _plan(acme, owner, labeler)
        for pair, visitor in zip(keys, (owner, admin), strict=True):
            request = visitor.get(at(acme, f"/plans/{plan}/file"))
            visitor.post(at(acme, f"/plans/{plan}/sign"), {"file": file_of(pair, request)})
        assert plans_of(acme.tenant_id)[0].approved_at is not None
        assert Visitor(labeler).get(f"/w/{acme.public_id}/").status_code == 403

    def test_a_signature_of_one_plan_is_good_for_no_other(self, acme: Workspace, owner: Visitor) -> None:
        keys = two_keys(acme)
        one = _plan(acme, owner)
        signed = file_of(keys[0], owner.get(at(acme, f"/plans/{one}/file")))
        other = _plan(acme, owner)
        answer = owner.post(at(acme, f"/plans/{other}/sign"), {"file": signed})
        assert answer.status_code == 409

    @pytest.mark.parametrize(
        "wrong",
        [
            {"members": ["00000000-0000-0000-0000-000000000009"]},
            {"end": "2020-01-01"},
            {"purpose": " "},
            {"start": "x"},
        ],
        ids=["a stranger", "over", "for nothing", "no day"],
    )
    def test_what_is_no_plan_is_refused_in_words(
        self, acme: Workspace, owner: Visitor, wrong: dict[str, Any]
    ) -> None:
        form = {
            "purpose": "x",
            "members": [str(acme.someone(Role.LABELER).member_id)],
            "start": today().isoformat(),
            "end": today().isoformat(),
        }
        answer = owner.post(at(acme, "/plans"), {**form, **wrong})
        assert answer.status_code in (400, 409)
        assert plans_of(acme.tenant_id) == []


class TestTrial:
    """What a draft would refuse today, and would have refused last quarter."""

    def test_it_names_who_would_be_kept_away_and_why(
        self, acme: Workspace, owner: Visitor, stack: Stack
    ) -> None:
        wolf, vendor = party("Wolf"), party("Vendor")
        hold(wolf, vendor, "49", voting=False)
        labeler = acme.someone(Role.LABELER)
        works_for(labeler, vendor, Tie.EMPLOYEE)
        before, context = in_force(acme.tenant_id).digest, acme.context()
        tried = drafted(acme, Policy(excluded=frozenset({wolf})))
        # The newest draft counts at once while nothing is signed: take it back, to see what it would do.
        with acting(context):
            withdraw_policy(context, version=tried.version)
        assert in_force(acme.tenant_id).digest == before
        text = page_text(owner.get(at(acme, f"/{tried.version}/trial")))
        assert "49 % owned by Wolf" in text
        assert "Admitted" in text
        assert "Refused" in text
        assert len(events_of(stack, acme, Verb.POLICY_TRIAL_DELIVERED)) == 1

"""Purpose, agreement and guidelines: nobody gets items before they said yes, and a no leaves no mark."""

from typing import Any

import pytest

from annotation.labels.errors import Malformed
from annotation.labels.purpose import decode_purpose, encode_purpose, read_purpose
from annotation.models import Acknowledgement, Project, Slot
from annotation.services import queue_sql
from annotation.services import take_tasks as taking
from annotation.services.acknowledge import acknowledge
from annotation.services.list_terms import takes_part
from annotation.services.read_terms import read_terms
from annotation.services.require_guidelines import require_guidelines
from annotation.services.set_agreement import set_agreement
from annotation.services.set_guidelines import set_guidelines
from annotation.services.set_purpose import set_purpose
from annotation.services.submit_task import submit_task
from annotation.services.take_tasks import take_tasks
from annotation.values import EmptyReason, SlotState, TakesPart, Term
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tests.annotation.conftest import Logged
from tests.annotation.making import GLAD, Work, new_work
from tests.annotation.visiting import Visitor
from tests.world import Someone, Workspace

PURPOSE = {
    "trains": "A model that answers patients' letters",
    "sector": "Health",
    "defence": False,
    "disturbing": True,
    "words": "Some letters tell of grief.",
}


def state(work: Work, **change: Any) -> int:
    """Publish a purpose."""
    owner = work.workspace.context()
    with acting(owner):
        return set_purpose(owner, project_id=work.project_id, purpose=PURPOSE | change)


def say(someone: Someone, work: Work, kind: Term, version: int, accepted: bool = True) -> None:
    """Let somebody accept or decline."""
    context = someone.context
    with acting(context):
        acknowledge(context, project_id=work.project_id, kind=kind, version=version, accepted=accepted)


def reason(someone: Someone, work: Work) -> EmptyReason | None:
    """Let somebody ask for an item; return why there is none."""
    return take_tasks(someone.context, project_id=work.project_id).reason


def test_a_project_that_stated_nothing_asks_for_nothing(acme: Workspace) -> None:
    work = new_work(acme)
    work.add("one")
    assert reason(work.labeler(), work) is None


def test_without_consent_to_the_purpose_there_is_no_item_and_with_it_there_is(
    acme: Workspace, logged: Logged
) -> None:
    work = new_work(acme)
    work.add("one", "two")
    someone, other = work.labeler(), work.labeler(1)
    state(work)
    assert reason(someone, work) is EmptyReason.NEEDS_CONSENT
    say(someone, work, Term.PURPOSE, 1)
    assert len(logged(acme, "consent.given")) == 1
    assert reason(someone, work) is None
    # One person's word is not another's.
    assert reason(other, work) is EmptyReason.NEEDS_CONSENT


def test_a_new_version_asks_again_and_what_is_held_is_still_taken(acme: Workspace) -> None:
    work = new_work(acme)
    (first, _second) = work.add("one", "two")
    someone = work.labeler()
    state(work)
    say(someone, work, Term.PURPOSE, 1)
    taken = take_tasks(someone.context, project_id=work.project_id)
    assert [task.task_id for task in taken.tasks] == [first]
    state(work, defence=True)
    assert reason(someone, work) is EmptyReason.NEEDS_CONSENT
    submit_task(someone.context, task_id=first, answer=GLAD)
    say(someone, work, Term.PURPOSE, 2)
    assert reason(someone, work) is None


def test_a_decline_shows_not_available_counts_nothing_and_can_be_changed(
    acme: Workspace, logged: Logged
) -> None:
    work = new_work(acme)
    work.add("one")
    someone, silent = work.labeler(), work.labeler(1)
    state(work)
    say(someone, work, Term.PURPOSE, 1, accepted=False)
    assert len(logged(acme, "consent.declined")) == 1
    assert reason(someone, work) is EmptyReason.NEEDS_CONSENT
    owner = acme.context()
    with acting(owner):
        assert takes_part(owner, project_id=work.project_id) == {
            someone.member_id: TakesPart.NOT_AVAILABLE,
            silent.member_id: TakesPart.NOT_ASKED,
        }
    page = Visitor(acme.someone(Role.OWNER)).page(f"projects/{work.project_id}/purpose").content.decode()
    assert "not available" in page
    assert "declined" not in page
    say(someone, work, Term.PURPOSE, 1)
    assert reason(someone, work) is None
    with acting(owner):
        assert Acknowledgement.objects.count() == 1


@pytest.mark.parametrize("kind", Term)
def test_each_kind_alone_holds_items_back(acme: Workspace, kind: Term) -> None:
    work = new_work(acme)
    work.add("one")
    someone, owner = work.labeler(), acme.context()
    with acting(owner):
        if kind is Term.PURPOSE:
            set_purpose(owner, project_id=work.project_id, purpose=PURPOSE)
        elif kind is Term.AGREEMENT:
            set_agreement(owner, project_id=work.project_id, markdown="# Keep it to yourself")
        else:
            require_guidelines(owner, project_id=work.project_id, required=True)
    assert reason(someone, work) is EmptyReason.NEEDS_CONSENT
    for other in set(Term) - {kind}:
        with acting(owner):
            Acknowledgement.objects.create(
                project_id=work.project_id,
                member_id=someone.member_id,
                kind=other,
                version=1,
                accepted=True,
                at=Project.objects.get().created_at,
            )
    assert reason(someone, work) is EmptyReason.NEEDS_CONSENT
    say(someone, work, kind, 1)
    assert reason(someone, work) is None


def test_guidelines_that_are_not_required_are_confirmed_without_being_asked(
    acme: Workspace, logged: Logged
) -> None:
    work = new_work(acme)
    work.add("one")
    someone, owner = work.labeler(), acme.context()
    say(someone, work, Term.GUIDELINES, 1)
    assert len(logged(acme, "guidelines.acknowledged")) == 1
    with acting(owner):
        require_guidelines(owner, project_id=work.project_id, required=True)
        set_guidelines(owner, project_id=work.project_id, markdown="# Newer")
    assert reason(someone, work) is EmptyReason.NEEDS_CONSENT


def test_only_the_newest_version_is_accepted_and_only_by_whoever_labels(acme: Workspace) -> None:
    work = new_work(acme)
    visitor = Visitor(work.labeler())
    address = f"projects/{work.project_id}/acknowledgements"
    said = {"kind": "purpose", "version": 1, "decision": "accepted"}
    assert visitor.api("POST", address, said).json()["code"] == "terms_changed"
    state(work)
    state(work)
    assert visitor.api("POST", address, said).status_code == 409
    assert visitor.api("POST", address, said | {"version": 2}).status_code == 204
    no = {"kind": "guidelines", "version": 1, "decision": "declined"}
    assert visitor.api("POST", address, no).status_code == 400
    unassigned = Visitor(acme.someone(Role.LABELER, 5))
    assert unassigned.api("POST", address, said | {"version": 2}).status_code == 404


def test_the_queue_alone_holds_back_when_the_pages_do_not(
    acme: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wall in TAKE is tested with and without its part: without it, the item would leave."""
    work = new_work(acme)
    (task,) = work.add("one")
    someone = work.labeler()
    state(work)
    assert reason(someone, work) is EmptyReason.NEEDS_CONSENT
    with acting(acme.context()):
        assert Slot.objects.get(task_id=task).state == SlotState.OPEN
    with monkeypatch.context() as wall_down:
        wall_down.setattr(taking, "TAKE", queue_sql.TAKE.replace(queue_sql.NOTHING_TO_ACCEPT, "true"))
        assert reason(someone, work) is None


def test_what_is_shown_is_a_delivery_and_stays_inside_the_tenant(
    acme: Workspace, rival: Workspace, logged: Logged
) -> None:
    work = new_work(acme)
    state(work)
    visitor = Visitor(work.labeler())
    shown = visitor.api("GET", f"projects/{work.project_id}/terms")
    assert shown["Audit-Receipt"].split(";")[0] == logged(acme, "purpose.delivered")[-1]
    body = shown.json()
    assert body["purpose"] == PURPOSE
    assert [(t["kind"], t["version"], t["required"], t["accepted"]) for t in body["asked"]] == [
        ("purpose", 1, True, None),
        ("guidelines", 1, False, None),
    ]
    for path in ("terms", "purpose", "agreement", "comments"):
        theirs = Visitor(new_work(rival).labeler()).api("GET", f"projects/{work.project_id}/{path}")
        assert theirs.status_code == 404


def test_managers_write_and_labelers_answer_by_pages_alone(acme: Workspace) -> None:
    work = new_work(acme)
    work.add("one")
    manager, labeler = Visitor(acme.someone(Role.OWNER)), Visitor(work.labeler())
    here = f"projects/{work.project_id}"
    form = PURPOSE | {"defence": "no", "disturbing": "yes"}
    preview = manager.page(f"{here}/purpose", form | {"do": "preview"}).content.decode()
    assert "Preview, not published" in preview
    assert manager.page(f"{here}/purpose", {"sector": "x", "do": "publish"}).status_code == 400
    assert manager.page(f"{here}/purpose", form | {"do": "publish"}).status_code == 302
    written = {"markdown": "# Ours\n\n<script>alert(1)</script>", "do": "publish"}
    assert manager.page(f"{here}/agreement", written).status_code == 302
    assert manager.page(f"{here}/agreement", {"markdown": "  ", "do": "publish"}).status_code == 400
    page = labeler.page(f"{here}/terms").content.decode()
    assert "answers patients&#x27; letters" in page
    assert "<script>alert" not in page
    first = labeler.page(f"{here}/terms", {"kind": "purpose", "version": "1", "do": "accept"})
    assert first["Location"].endswith("/terms")
    last = labeler.page(f"{here}/terms", {"kind": "agreement", "version": "1", "do": "accept"})
    assert last["Location"].endswith("/label")
    assert (
        labeler.page(f"{here}/terms", {"kind": "purpose", "version": "9", "do": "accept"}).status_code == 409
    )
    assert labeler.page(f"{here}/terms", {"kind": "nothing", "version": "1"}).status_code == 404
    assert manager.page(f"{here}/agreement", {"do": "rule", "guidelines_required": "on"}).status_code == 302
    with acting(acme.context()):
        assert Project.objects.get().guidelines_required
    someone = labeler.someone.context
    with acting(someone):
        assert [term.kind for term in read_terms(someone, project_id=work.project_id).open] == [
            Term.GUIDELINES
        ]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"trains": ""}, "trains"),
        ({"trains": " \n"}, "trains"),
        ({"sector": 5}, "sector"),
        ({"defence": "no"}, "defence"),
        ({"disturbing": None}, "disturbing"),
        ({"words": "x" * 5001}, "words"),
        ({"words": "\0"}, "words"),
        ({"words": "\ud800"}, "words"),
        ({"customer": "Acme"}, "customer"),
    ],
)
def test_a_purpose_that_lacks_a_part_is_refused_at_its_place(change: dict[str, Any], where: str) -> None:
    with pytest.raises(Malformed) as refused:
        read_purpose(PURPOSE | change)
    assert refused.value.where == where


def test_a_purpose_comes_back_as_it_was_stated() -> None:
    purpose = read_purpose(PURPOSE | {"words": "Zeile\r\nनमस्ते 👩‍🚀"})
    assert decode_purpose(encode_purpose(purpose)) == purpose
    assert purpose.words == "Zeile\nनमस्ते 👩‍🚀"

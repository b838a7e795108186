"""The log's pages: the picture of a day, words that are looked for, one event with its proof, chosen bundles."""

import io
import zipfile
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from django.test import Client
from django.utils import timezone

from audit.encoding import to_base64
from audit.merkle import leaf_hash
from audit.proofs import TlogProof
from audit.services.log_picture import BIN, BINS, log_picture
from audit.services.read_event import read_event
from audit.services.record import record
from audit.services.timeline import Filters, timeline
from audit.verbs import Verb
from ringfence.kernel.context import acting
from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Purpose, Role
from tenants.cookies import COOKIE
from tests.audit.logkeeping import Keeper, erase, happen, triggers_off
from tests.stack import Stack
from tests.world import Workspace


@pytest.fixture(scope="session", autouse=True)
def static_folder(stack: Stack) -> None:
    """Whoever serves pages here has a folder for static files, empty as it may be."""
    (stack.directory / "static").mkdir(exist_ok=True)


def visitor(workspace: Workspace, role: Role = Role.AUDITOR) -> Client:
    client = Client(SERVER_NAME="127.0.0.1")
    client.cookies[COOKIE] = workspace.someone(role).session
    return client


def test_an_event_says_who_what_when_and_why_and_its_steps_lead_to_the_signed_root(
    acme: Workspace, keeper: Keeper
) -> None:
    happen(acme, 300)
    keeper.settle()
    index = keeper.size(acme) - 7
    browser = visitor(acme)
    page = browser.get(f"/w/{acme.public_id}/audit/events/{index}")
    text = page.content.decode()
    assert page["Audit-Receipt"]
    for said in (f"Event {index}", "task.released", "The platform", "&quot;n&quot;:"):
        assert said in text
    auditor = acme.someone(Role.AUDITOR).context
    with acting(auditor):
        found = read_event(auditor, index=index)
    assert found.place is not None
    assert found.place.steps[-1].node == found.place.checkpoint.head
    for step in found.place.steps:
        assert to_base64(step.sibling) in text
    answer = browser.get(f"/w/{acme.public_id}/audit/events/{index}/proof")
    proof = TlogProof.parse(answer.content)
    assert proof.extra is not None
    assert leaf_hash(proof.extra) == found.place.leaf_hash
    assert answer["Content-Disposition"] == f'attachment; filename="event-{index}.tlog-proof"'


def test_an_event_without_a_signature_yet_and_one_that_is_not_there(acme: Workspace, keeper: Keeper) -> None:
    keeper.settle()
    happen(acme)
    keeper.sequence()
    browser, index = visitor(acme), keeper.size(acme) - 1
    assert (
        "No checkpoint covers this event yet"
        in browser.get(f"/w/{acme.public_id}/audit/events/{index}").content.decode()
    )
    assert browser.get(f"/w/{acme.public_id}/audit/events/{index}/proof").status_code == 409
    assert browser.get(f"/w/{acme.public_id}/audit/events/{index + 1000}").status_code == 404
    context = acme.context()
    with acting(context), pytest.raises(NotFound):
        read_event(context, index=index + 1000)


def test_an_event_names_the_policy_that_ruled_and_the_event_that_erased_it(
    acme: Workspace, keeper: Keeper
) -> None:
    keeper.settle()
    context = acme.service(Purpose.NEUTRALITY)
    with acting(context):
        record(context, Verb.NEUTRALITY_POLICY_CHANGED, object_kind="policy", object_id=uuid4())
    keeper.settle()
    policy = keeper.size(acme) - 1
    happen(acme)
    keeper.settle()
    index = keeper.size(acme) - 1
    erase(acme, [index])
    keeper.settle()
    erasing = keeper.size(acme) - 1
    text = visitor(acme).get(f"/w/{acme.public_id}/audit/events/{index}").content.decode()
    assert f"the one that came into force by event {policy}" in text
    assert f"proven by event {erasing}" in text
    assert (
        "none of this workspace was in force"
        in visitor(acme).get(f"/w/{acme.public_id}/audit/events/{policy - 1}").content.decode()
    )


def test_words_are_looked_for_in_what_is_sealed_and_the_search_is_recorded(
    acme: Workspace, rival: Workspace, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audit.services.timeline.SLICE", 20)
    monkeypatch.setattr("audit.services.timeline.MOST_SEARCHED", 60)
    happen(acme, 100)
    happen(rival, 100)
    keeper.settle()
    size = keeper.size(acme)
    auditor = acme.someone(Role.AUDITOR)
    context = auditor.context
    with acting(context):
        found = timeline(context, Filters(text='"N": 97'))
    (line,) = found.lines
    assert line.detail == {"n": 97}
    assert (found.searched, found.next_before) == (60, size - 60)
    with acting(context):
        older = timeline(context, Filters(text='"n": 3}', before=found.next_before))
    assert [line.detail for line in older.lines] == [{"n": 3}]
    assert older.next_before is None
    keeper.settle()
    with acting(context):
        told = timeline(context, Filters(verb=Verb.AUDIT_TIMELINE_DELIVERED)).lines
    assert {each.detail.get("searched") for each in told} == {60, older.searched}
    page = visitor(acme).get(f"/w/{acme.public_id}/audit", {"q": '"n": 97'}).content.decode()
    assert page.count("task.released") + page.count("n: 97") >= 1
    assert "events were opened to find these" in page


def test_a_day_of_a_log_is_drawn_with_its_gaps(
    acme: Workspace, rival: Workspace, keeper: Keeper, superuser: psycopg.Connection
) -> None:
    happen(acme, 5)
    keeper.settle()
    signed = keeper.size(acme)
    happen(acme, 7)
    keeper.sequence()
    happen(rival, 50)
    keeper.settle()
    # The second batch came two hours before the first: what was signed and what was not lie apart.
    with triggers_off(superuser, "head", "checkpoint"):
        superuser.execute(
            "UPDATE audit.head SET at = at - interval '127 minutes' WHERE tenant_id = %s AND size <= %s",
            [acme.tenant_id, signed],
        )
        superuser.execute(
            "UPDATE audit.checkpoint SET at = at - interval '127 minutes' + interval '2 seconds' WHERE tenant_id = %s",
            [acme.tenant_id],
        )
        superuser.execute(
            "DELETE FROM audit.checkpoint WHERE tenant_id = %s AND size > %s", [acme.tenant_id, signed]
        )
    context = acme.context()
    with acting(context):
        picture = log_picture(context, now=timezone.now())
    grown = [each for each in picture.bins if each.events]
    assert [(each.events, each.gap) for each in grown] == [(signed, False), (7, True)]
    assert (len(picture.bins), picture.events, picture.gaps) == (BINS, signed + 7, 1)
    assert grown[1].start - grown[0].start in (BIN * 8, BIN * 9)
    assert picture.longest_wait is not None
    assert picture.longest_wait >= timedelta(seconds=2)
    text = visitor(acme).get(f"/w/{acme.public_id}/audit").content.decode()
    assert "In 1 quarter of an hour events came and nothing was signed." in text
    with acting(context):
        tomorrow = log_picture(context, now=timezone.now() + timedelta(days=2))
    assert (tomorrow.events, tomorrow.checkpoints, tomorrow.longest_wait) == (0, 0, None)


def test_a_bundle_of_what_the_filter_shows_is_one_click_away(acme: Workspace, keeper: Keeper) -> None:
    happen(acme, 3)
    keeper.settle()
    auditor = acme.someone(Role.AUDITOR).context
    with acting(auditor):
        line = timeline(auditor, Filters(verb=Verb.TASK_RELEASED)).lines[0]
    browser = visitor(acme)
    page = browser.get(f"/w/{acme.public_id}/audit", {"object": str(line.object_id)}).content.decode()
    assert f'name="item_id" value="{line.object_id}"' in page
    assert (
        "Proof bundle of these events"
        not in browser.get(f"/w/{acme.public_id}/audit", {"verb": "task.released"}).content.decode()
    )
    answer = browser.post(f"/w/{acme.public_id}/audit/bundle", {"item_id": str(line.object_id)})
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as bundle:
        leaves = [name for name in bundle.namelist() if name.startswith("leaves/")]
    assert leaves == [f"leaves/{line.index:012d}"]
    wrong = browser.post(f"/w/{acme.public_id}/audit/bundle", {"item_id": "nonsense"})
    assert wrong.status_code == 400

"""A log that cannot keep its promises is succeeded: under another key, from what is left, and it says what is lost."""

from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from audit.anchors.bucket import Place
from audit.anchors.rounds import Anchorer
from audit.errors import NoteRejected
from audit.models import Body, Log
from audit.pins import Pin
from audit.services.export_bundle import export_bundle
from audit.services.pin_file import pin_file
from audit.services.proof_of import proof_at, redeem_receipt
from audit.services.succession_of import succession_of
from audit.signer.rounds import Signer
from audit.signer.store import Store
from audit.succession import SuccessionFile
from audit.values import Receipt
from audit.verbs import Verb
from audit.verify.__main__ import main
from audit.verify.judge import Verdict, judge
from audit.verify.succession import judge_succession
from ringfence.kernel.context import acting
from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Role
from tests.audit.logkeeping import Keeper, checkpoint_in, happen, set_back, triggers_off
from tests.audit.test_anchors import log_of, stored_leaves
from tests.audit.test_refill import command, go_on
from tests.world import Workspace

Superuser = psycopg.Connection[Any]


@pytest.fixture
def signed(acme: Workspace, keeper: Keeper) -> list[Receipt]:
    """A log of 305 events with checkpoints over 2, 300 and 305; the receipts of its last five."""
    keeper.settle()
    for _ in range(5):
        happen(acme, 50)
    happen(acme, 48)
    keeper.settle()
    receipts = happen(acme, 5)
    keeper.settle()
    return receipts


def give_up(keeper: Keeper, workspace: Workspace, place: Place | None = None) -> tuple[int, str]:
    return command(
        keeper, "rf_signer", "audit_recover", "--succeed", "--tenant", str(workspace.tenant_id), place=place
    )


def pin_bytes(workspace: Workspace) -> bytes:
    context = workspace.context(Role.OWNER)
    with acting(context):
        return pin_file(context).content


def succession(workspace: Workspace, old_size: int) -> bytes:
    context = workspace.context(Role.AUDITOR)
    with acting(context):
        return succession_of(context, old_size=old_size)


def lose(keeper: Keeper, workspace: Workspace, superuser: Superuser, size: int = 300) -> None:
    """Set the log back, and let another one take its place."""
    set_back(superuser, workspace, size)
    code, said = give_up(keeper, workspace)
    assert code == 1, said
    assert "to be succeeded by" in said
    code, said = go_on(keeper, workspace)
    assert code == 0, said
    keeper.settle()


def test_a_log_that_cannot_be_put_back_is_succeeded(
    acme: Workspace, keeper: Keeper, superuser: Superuser, signed: list[Receipt]
) -> None:
    before = stored_leaves(keeper, acme)
    old_id, old_origin, old_vkey = log_of(keeper, acme)
    pin = pin_bytes(acme)
    set_back(superuser, acme, 300)
    waiting = happen(acme, 3)
    code, said = give_up(keeper, acme)
    assert code == 1, said
    assert "behind (300 events" in said
    # Nothing goes on by itself.
    keeper.settle()
    assert keeper.state(acme)[0] == "frozen"
    assert keeper.size(acme) == 300

    code, said = go_on(keeper, acme)
    assert code == 0, said
    assert "succeeds after 300 events one that was held to 305" in said
    keeper.settle()
    assert keeper.state(acme) == ("active", None)
    assert keeper.report(acme).problems == ()
    new_id, new_origin, new_vkey = log_of(keeper, acme)
    assert (new_id, new_origin, new_vkey) != (old_id, old_origin, old_vkey)
    assert new_vkey.public_key != old_vkey.public_key
    leaves = stored_leaves(keeper, acme)
    assert leaves[:300] == before[:300]

    context = acme.context(Role.AUDITOR)
    with acting(context):
        # The first entry of the new log's own carries the loss; what waited comes after it.
        first = Body.objects.get(seq=300)
        assert first.verb == Verb.LOG_SUCCEEDED.value
        assert Log.objects.get().inception == first.id
        places = [redeem_receipt(context, each).index for each in waiting]
        assert places == list(range(places[0], places[0] + 3))
        assert places[0] > 300
        with pytest.raises(NotFound):
            redeem_receipt(context, signed[0])
        assert proof_at(context, index=7).index == 7
    (told,) = [each for each in judge_events(acme) if each.index == 300]
    assert told.core is not None
    assert told.core["verb"] == "log.succeeded"
    said_of = told.core["detail"]
    assert (said_of["succeeds"], said_of["origin"], said_of["kept"], said_of["promised"]) == (
        old_origin, new_origin, 300, 305,
    )  # fmt: skip

    # A checkpoint of the new log covers what is left, and none of its own lies below.
    kept = keeper.checkpoints(acme)
    assert checkpoint_in(kept[300]).origin == old_origin
    assert checkpoint_in(kept[max(kept)]).origin == new_origin
    # The new log's bundle is of the new log, and the old pin does not take it.
    bundle = b"".join(export_bundle(acme.context(Role.OWNER)).chunks())
    with pytest.raises(NoteRejected, match="succession"):
        judge(bundle, Pin.parse(pin))
    assert judge(bundle, Pin.parse(pin_bytes(acme))).verdict is Verdict.GOOD


def judge_events(workspace: Workspace) -> list[Any]:
    bundle = b"".join(export_bundle(workspace.context(Role.OWNER)).chunks())
    return list(judge(bundle, Pin.parse(pin_bytes(workspace))).events())


def test_a_pin_is_led_across_when_all_that_it_covers_was_kept(
    acme: Workspace, keeper: Keeper, superuser: Superuser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keeper.settle()
    happen(acme, 20)
    keeper.settle()
    pin = pin_bytes(acme)
    size = Pin.parse(pin).signed.checkpoint.size
    happen(acme, 4)
    keeper.settle()
    kept = keeper.size(acme)
    happen(acme, 20)
    keeper.settle()
    lose(keeper, acme, superuser, kept)
    happen(acme, 5)
    keeper.settle()

    (tmp_path / "pin").write_bytes(pin)
    (tmp_path / "s").write_bytes(succession(acme, size))
    words = [
        "succession",
        str(tmp_path / "s"),
        "--pin",
        str(tmp_path / "pin"),
        "--next",
        str(tmp_path / "next"),
    ]
    assert main(words) == 0
    assert "succeeds it from" in capsys.readouterr().out
    moved = Pin.parse((tmp_path / "next").read_bytes())
    bundle = b"".join(export_bundle(acme.context(Role.OWNER)).chunks())
    assert judge(bundle, moved).verdict is Verdict.GOOD
    # A pin that is there is never written over.
    assert main(words) == 2


def test_a_pin_beyond_what_was_kept_is_told_what_was_given_up(
    acme: Workspace, keeper: Keeper, superuser: Superuser, signed: list[Receipt]
) -> None:
    pin = pin_bytes(acme)
    lose(keeper, acme, superuser)
    report = judge_succession(succession(acme, 305), pin)
    assert report.verdict is Verdict.NOT_ANCHORED
    assert report.next_pin is None
    assert "were given up" in str(report.why_not_anchored)
    (step,) = report.steps
    assert (step.promised.size, step.kept.size, step.standing) == (305, 300, "behind")


def test_a_log_that_forked_is_succeeded_too(
    acme: Workspace, keeper: Keeper, superuser: Superuser, signed: list[Receipt]
) -> None:
    pin, before = pin_bytes(acme), pin_at(keeper, acme, 300)
    set_back(superuser, acme, 300)
    happen(acme, 30)
    keeper.sequence()
    assert give_up(keeper, acme)[0] == 1
    assert go_on(keeper, acme)[0] == 0
    keeper.settle()
    assert keeper.report(acme).problems == ()
    report = judge_succession(succession(acme, 305), pin)
    assert report.verdict is Verdict.NOT_ANCHORED
    assert "log forked" in str(report.why_not_anchored)
    report = judge_succession(succession(acme, 300), before)
    assert report.verdict is Verdict.GOOD


def pin_at(keeper: Keeper, workspace: Workspace, size: int) -> bytes:
    """The pin that somebody took when the log had this size."""
    newest = pin_bytes(workspace)
    head, mark, _ = newest.partition(b"--- checkpoint\n")
    return head + mark + keeper.checkpoints(workspace)[size]


def test_a_log_whose_key_is_lost_is_succeeded_and_cannot_say_by_whom(
    acme: Workspace, keeper: Keeper, superuser: Superuser, signed: list[Receipt]
) -> None:
    pin = pin_bytes(acme)
    (keeper.log_folder(acme) / "seed").unlink()
    code, said = give_up(keeper, acme)
    assert code == 0, said
    assert go_on(keeper, acme)[0] == 0
    keeper.settle()
    assert keeper.report(acme).problems == ()
    report = judge_succession(succession(acme, 305), pin)
    assert report.verdict is Verdict.NOT_ANCHORED
    assert "key" in str(report.why_not_anchored)
    assert [step.standing for step in report.steps] == ["keyless"]


def test_a_log_is_succeeded_again_and_the_first_pin_follows(
    acme: Workspace, keeper: Keeper, superuser: Superuser, signed: list[Receipt]
) -> None:
    early = pin_at(keeper, acme, 2)
    lose(keeper, acme, superuser)
    middle = pin_bytes(acme)
    size = Pin.parse(middle).signed.checkpoint.size
    happen(acme, 10)
    keeper.settle()
    kept = keeper.size(acme)
    happen(acme, 10)
    keeper.settle()
    lose(keeper, acme, superuser, kept)
    assert keeper.report(acme).problems == ()
    for pin, of in ((early, 2), (middle, size)):
        report = judge_succession(succession(acme, of), pin)
        assert report.verdict is Verdict.GOOD, report.why_not_anchored
    assert len(SuccessionFile.parse(succession(acme, 2)).notes) == 2


def test_a_log_that_keeps_its_promises_is_not_given_up(
    acme: Workspace, keeper: Keeper, superuser: Superuser, signed: list[Receipt], place: Place
) -> None:
    code, said = give_up(keeper, acme)
    assert code == 1
    assert "keeps every promise" in said
    # Nor is one that the bucket has all of.
    assert Anchorer(place).run_round(keeper.as_signer, acme.tenant_id) == 1
    set_back(superuser, acme, 300)
    code, said = give_up(keeper, acme, place)
    assert "put back 5 events" in said
    assert "keeps every promise" in said
    noted = superuser.execute(
        "SELECT count(*) FROM audit.succession WHERE log_id = %s", [log_of(keeper, acme)[0]]
    )
    assert noted.fetchone() == (0,)


def test_what_the_bucket_has_is_put_back_before_the_rest_is_given_up(
    acme: Workspace, keeper: Keeper, superuser: Superuser, signed: list[Receipt], place: Place
) -> None:
    assert Anchorer(place).run_round(keeper.as_signer, acme.tenant_id) == 1
    whole = stored_leaves(keeper, acme)
    happen(acme, 7)
    keeper.settle()
    set_back(superuser, acme, 300)
    code, said = give_up(keeper, acme, place)
    assert code == 1, said
    assert "put back 5 events" in said
    code, said = go_on(keeper, acme)
    assert "after 305 events one that was held to 312; 5 bodies are lost" in said
    keeper.settle()
    assert keeper.report(acme).problems == ()
    assert stored_leaves(keeper, acme)[:305] == whole
    context = acme.context(Role.AUDITOR)
    with acting(context):
        assert [redeem_receipt(context, each).index for each in signed] == [300, 301, 302, 303, 304]
    # The bucket takes the new log from its beginning.
    assert Anchorer(place).run_round(keeper.as_signer, acme.tenant_id) == 1


def test_a_log_named_by_nobody_is_not_given_up(keeper: Keeper) -> None:
    code, said = command(keeper, "rf_signer", "audit_recover", "--succeed")
    assert code == 1
    assert "--tenant" in said


def test_the_signer_signs_no_succession_that_promises_less_than_its_ledger(
    acme: Workspace, keeper: Keeper, superuser: Superuser, signed: list[Receipt]
) -> None:
    set_back(superuser, acme, 300)
    assert give_up(keeper, acme)[0] == 1
    with triggers_off(superuser, "succession"):
        superuser.execute("UPDATE audit.succession SET promised_size = 304")
    assert go_on(keeper, acme)[0] == 0
    keeper.settle()
    assert "promises less" in keeper.signer.trouble()
    assert max(keeper.checkpoints(acme)) == 300
    with triggers_off(superuser, "succession"):
        superuser.execute("UPDATE audit.succession SET promised_size = 305, kept_root = promised_root")
    keeper.settle()
    assert "another head" in keeper.signer.trouble()
    assert max(keeper.checkpoints(acme)) == 300


def test_a_signer_that_dies_before_or_after_any_statement_goes_on(
    acme: Workspace, keeper: Keeper, superuser: Superuser, signed: list[Receipt]
) -> None:
    set_back(superuser, acme, 300)
    assert give_up(keeper, acme)[0] == 1
    assert go_on(keeper, acme)[0] == 0
    keeper.sequence()
    log_id = log_of_new(keeper, acme)
    deaths = 0
    for dies_at in range(1, 100):
        with keeper.connect("rf_signer") as database:
            signer = Signer(Store(keeper.folder))
            try:
                signer.run_round(Counted(database, {acme.tenant_id, log_id}, dies_at))  # type: ignore[arg-type]
            except Died:
                deaths = dies_at
                continue
            break
    assert 3 < deaths < 90
    assert keeper.report(acme).problems == ()
    assert Pin.parse(pin_bytes(acme)).signed.checkpoint.size > 300
    assert judge_succession(succession(acme, 2), None).steps[0].kept.size == 300


class Died(Exception):
    """As kill -9, before a statement."""


class Counted:
    """A connection that dies before its n-th statement about one log; a stack has many."""

    def __init__(self, database: Any, about: set[UUID], dies_at: int) -> None:
        self._database, self._about, self._left = database, about, dies_at

    def execute(self, query: str, values: Any = (), **more: Any) -> Any:
        if self._about & {each for each in values if isinstance(each, UUID)}:
            self._left -= 1
            if not self._left:
                raise Died
        return self._database.execute(query, values or None, **more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)


def log_of_new(keeper: Keeper, workspace: Workspace) -> UUID:
    return UUID(keeper.log_folder(workspace).name)

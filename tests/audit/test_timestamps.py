"""Time-stamps of the meta-log: what is due, what is kept, and that nothing is kept of a bad answer."""

import hashlib
import random
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.test import override_settings

from audit.database import Database
from audit.fsck_meta import problems_of_timestamps
from audit.meta import META_LOG
from audit.publisher.rounds import Publisher
from audit.timestamps.place import Authority as Place
from audit.timestamps.rounds import Stamper
from audit.timestamps.tokens import MOST_BYTES, Stamp
from tenants.services import ask_tsa as asking
from tenants.services.ask_tsa import ask_tsa
from tests.audit.authority import (
    OPENSSL,
    TIME_STAMPING,
    Authority,
    Http,
    issue,
    openssl_answers,
    openssl_verifies,
    served,
)
from tests.audit.logkeeping import Keeper, happen, triggers_off
from tests.audit.publishing import meta_note, meta_size, publish
from tests.audit.test_publisher import fsck, no_post
from tests.stack import REPO, Stack
from tests.world import Workspace

Superuser = psycopg.Connection[Any]
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="no openssl on this machine, which is asked here")


@pytest.fixture
def publishing(keeper: Keeper) -> Iterator[Database]:
    with keeper.connect("rf_publisher") as database:
        yield database


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority.new()


@pytest.fixture
def http(authority: Authority) -> Iterator[Http]:
    with served(authority.answer) as http:
        yield http


@pytest.fixture
def grown(acme: Workspace, keeper: Keeper, publishing: Database, superuser: Superuser) -> int:
    """The size of a meta-log whose newest checkpoint nobody has stamped, with no time-stamp of today."""
    happen(acme)
    keeper.settle()
    publish(Publisher(None, no_post), keeper, publishing, superuser)
    yesterday(superuser)
    return meta_size(keeper)


@pytest.fixture(autouse=True)
def kept_for_this_test_alone(superuser: Superuser) -> Iterator[None]:
    """Each test's authority is its own, and what another one said says nothing to the next test."""
    yield
    with triggers_off(superuser, "timestamp"):
        superuser.execute("DELETE FROM audit.timestamp")


def yesterday(superuser: Superuser) -> None:
    with triggers_off(superuser, "timestamp"):
        superuser.execute("UPDATE audit.timestamp SET at = at - interval '25 hours'")


def stamper(http: Http, authority: Authority, **more: Any) -> Stamper:
    return Stamper(Place(http.url, [authority.root.certificate]), ask_tsa, **more)


def kept(superuser: Superuser) -> list[tuple[int, bytes]]:
    rows = superuser.execute("SELECT size, token FROM audit.timestamp ORDER BY size").fetchall()
    return [(size, bytes(token)) for size, token in rows]


def test_the_newest_checkpoint_is_stamped_once_a_day(
    acme: Workspace,
    keeper: Keeper,
    publishing: Database,
    superuser: Superuser,
    authority: Authority,
    http: Http,
    grown: int,
) -> None:
    asking_for = stamper(http, authority)
    stamp = asking_for.run_round(publishing)
    assert isinstance(stamp, Stamp), asking_for.trouble
    assert kept(superuser) == [(grown, stamp.token)]
    assert superuser.execute("SELECT stated, authority, digest FROM audit.timestamp").fetchone() == (
        stamp.stated,
        "CN=Tests' time",
        hashlib.sha256(stamp.token).digest(),
    )
    asked = len(authority.asked)
    assert asking_for.run_round(publishing) is None
    assert asking_for.run_round(publishing, at_once=True) is None, "what is stamped is not stamped again"
    happen(acme)
    keeper.settle()
    publish(Publisher(None, no_post), keeper, publishing, superuser)
    assert asking_for.run_round(publishing) is None, "one a day"
    assert (len(authority.asked), asking_for.trouble) == (asked, "")
    assert asking_for.run_round(publishing, at_once=True) is not None
    happen(acme)
    keeper.settle()
    publish(Publisher(None, no_post), keeper, publishing, superuser)
    yesterday(superuser)
    assert asking_for.run_round(publishing) is not None
    assert [size for size, _ in kept(superuser)] == sorted({grown, meta_size(keeper), kept(superuser)[1][0]})
    assert len(kept(superuser)) == 3


@needs_openssl
def test_openssl_verifies_what_is_kept_and_answers_as_an_authority(
    keeper: Keeper,
    publishing: Database,
    superuser: Superuser,
    authority: Authority,
    http: Http,
    grown: int,
    tmp_path: Path,
) -> None:
    http.answer = openssl_answers(tmp_path, authority)
    asking_for = stamper(http, authority)
    assert asking_for.run_round(publishing) is not None, asking_for.trouble
    ((size, token),) = kept(superuser)
    assert size == grown
    note = meta_note(keeper)
    assert openssl_verifies(tmp_path, note, token, authority.root)
    assert not openssl_verifies(tmp_path, note[:-1], token, authority.root)


def elsewhere(http: Http) -> None:
    http.status, http.location = 307, "http://127.0.0.1:9/"


def dead(http: Http) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        http.url = f"http://127.0.0.1:{nobody.getsockname()[1]}/tsa"


def dripping(http: Http) -> None:
    http.pause = 1.5


def set_to(**values: Any) -> Callable[[Http], None]:
    return lambda http: http.__dict__.update(values)


WORSE: dict[str, tuple[Callable[[Http], None], str]] = {
    "garbage": (set_to(answer=lambda body: b"<html>"), "is no time-stamp"),
    "huge": (set_to(answer=lambda body: bytes(2 * MOST_BYTES)), "more than we read"),
    "slow": (dripping, "did not answer in time"),
    "redirect": (elsewhere, "sends on to another address"),
    "dead": (dead, "takes no connection"),
    "error": (set_to(status=503), "answers 503"),
    "another type": (set_to(content_type="text/html"), "something else than a time-stamp"),
    "address inside": (set_to(url="https://10.0.0.1/tsa"), "not public"),
    "plain http": (set_to(url="http://tsa.example/"), "is no address|not public|does not resolve"),
}


@pytest.mark.parametrize("what", WORSE)
def test_nothing_is_kept_of_a_bad_answer(
    publishing: Database,
    superuser: Superuser,
    authority: Authority,
    http: Http,
    grown: int,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    worsen, words = WORSE[what]
    monkeypatch.setattr(asking, "SECONDS", 0.7)
    good_url, good_answer = http.url, http.answer
    worsen(http)
    asking_for = stamper(http, authority)
    assert asking_for.run_round(publishing) is None
    assert kept(superuser) == []
    assert re.search(words, asking_for.trouble), asking_for.trouble
    # The next round is due and good, so nothing but the answer was wrong.
    http.__init__(good_answer)  # type: ignore[misc]
    asking_for.authority = Place(good_url, asking_for.authority.roots)
    monkeypatch.undo()
    assert asking_for.run_round(publishing) is not None, asking_for.trouble
    assert asking_for.trouble == ""


FALSE: dict[str, tuple[Callable[[Authority], Authority], str]] = {
    "imprint": (lambda a: a.but(imprint=bytes(32)), "over something else"),
    "nonce": (lambda a: a.but(nonce=7), "nonce is not ours"),
    "root": (lambda a: Authority.new(), "does not hold"),
    "status": (lambda a: a.but(status="rejection"), "refuses with status 2"),
    "ended": (lambda a: a.but(signer=issue("S", a.root, usages=TIME_STAMPING, ended=True)), "does not hold"),
    "usage": (lambda a: a.but(signer=issue("S", a.root)), "does not hold"),
    "early": (lambda a: a.but(at=now() - timedelta(hours=1)), "a time that is not now"),
    "late": (lambda a: a.but(at=now() + timedelta(hours=1)), "a time that is not now"),
}


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@pytest.mark.parametrize("what", FALSE)
def test_nothing_is_kept_of_a_false_time_stamp(
    publishing: Database, superuser: Superuser, authority: Authority, http: Http, grown: int, what: str
) -> None:
    make, words = FALSE[what]
    http.answer = make(authority).answer
    asking_for = stamper(http, authority)
    assert asking_for.run_round(publishing) is None
    assert words in asking_for.trouble
    assert kept(superuser) == []


def test_what_the_log_has_not_signed_is_not_stamped(
    publishing: Database, superuser: Superuser, authority: Authority, http: Http, grown: int
) -> None:
    with triggers_off(superuser, "checkpoint"), superuser.transaction(force_rollback=True):
        superuser.execute(
            "UPDATE audit.checkpoint SET note = set_byte(note, octet_length(note) - 20, 65)"
            " WHERE size = %s AND tenant_id = %s",
            [grown, META_LOG],
        )
        asked, asking_for = len(authority.asked), stamper(http, authority)
        assert asking_for.run_round(superuser) is None
        assert (bool(asking_for.trouble), len(authority.asked)) == (True, asked)


def test_the_database_keeps_no_time_stamp_of_another_checkpoint(
    publishing: Database, superuser: Superuser, authority: Authority, http: Http, grown: int
) -> None:
    stamp = stamper(http, authority).run_round(publishing)
    assert stamp is not None
    add = "SELECT audit.add_timestamp(%s, %s, %s, %s)"
    for size, token in ((grown - 1, stamp.token), (grown + 1_000_000, stamp.token), (grown, b"x")):
        with pytest.raises(psycopg.Error, match="no time-stamp of a checkpoint") as refused:
            publishing.execute(add, [size, stamp.stated, stamp.authority, token])
        assert refused.value.sqlstate == "RFA17"
    publishing.execute(add, [grown, now(), "another", stamp.token + b"x"])
    assert kept(superuser) == [(grown, stamp.token)], "the first one stays"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        publishing.execute("INSERT INTO audit.timestamp (size) VALUES (1)")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("token = set_bit(token, {bit}, 1 - get_bit(token, {bit}))", "is not the one that was kept"),
        ("token = {flipped}, digest = sha256({flipped})", "time-stamp"),
        ("size = size + 1000000", "there is no such checkpoint"),
        ("stated = stated - interval '1 day'", "another time or authority"),
        ("authority = 'CN=Somebody'", "another time or authority"),
        ("digest = sha256('')", "is not the one that was kept"),
    ],
)
def test_fsck_finds_what_was_changed(
    keeper: Keeper,
    publishing: Database,
    superuser: Superuser,
    authority: Authority,
    http: Http,
    grown: int,
    tmp_path: Path,
    change: str,
    words: str,
) -> None:
    stamp = stamper(http, authority).run_round(publishing)
    assert stamp is not None
    (tmp_path / "roots").write_bytes(authority.root.pem)
    with override_settings(TSA_ROOTS=str(tmp_path / "roots")):
        before = set(fsck(keeper))
        assert not any("time-stamp" in problem for problem in before)
        flipped = bytearray(stamp.token)
        # In the signature itself, which is the last thing in the answer.
        flipped[-3] ^= 1
        statement = change.format(bit=8 * (len(stamp.token) - 3), flipped=f"'\\x{flipped.hex()}'::bytea")
        with triggers_off(superuser, "timestamp"):
            superuser.execute(f"UPDATE audit.timestamp SET {statement}")
        added = set(fsck(keeper)) - before
        assert any(words in problem and "time-stamp" in problem for problem in added), added


def test_each_of_the_bits_of_a_kept_time_stamp_counts(
    keeper: Keeper,
    publishing: Database,
    superuser: Superuser,
    authority: Authority,
    http: Http,
    grown: int,
    tmp_path: Path,
) -> None:
    assert stamper(http, authority).run_round(publishing) is not None
    (tmp_path / "roots").write_bytes(authority.root.pem)
    ((_, token),) = kept(superuser)
    chance = random.Random(3)
    with override_settings(TSA_ROOTS=str(tmp_path / "roots")), triggers_off(superuser, "timestamp"):
        for bit in chance.sample(range(8 * len(token)), 40):
            with superuser.transaction(force_rollback=True):
                superuser.execute(
                    "UPDATE audit.timestamp SET token = set_bit(token, %s, 1 - get_bit(token, %s))",
                    [bit, bit],
                )
                assert list(problems_of_timestamps(superuser)) != [], bit
        assert list(problems_of_timestamps(superuser)) == []


def test_fsck_says_that_it_could_not_check(
    keeper: Keeper,
    publishing: Database,
    superuser: Superuser,
    authority: Authority,
    http: Http,
    grown: int,
    tmp_path: Path,
) -> None:
    assert list(problems_of_timestamps(superuser)) == [], "without a time-stamp no roots are wanted"
    assert stamper(http, authority).run_round(publishing) is not None
    for roots in ("", str(tmp_path / "none")):
        with override_settings(TSA_ROOTS=roots):
            assert any("RINGFENCE_TSA_ROOTS" in each for each in fsck(keeper))
    (tmp_path / "roots").write_bytes(Authority.new().root.pem)
    with override_settings(TSA_ROOTS=str(tmp_path / "roots")):
        assert any("does not hold" in each for each in problems_of_timestamps(superuser))
    (tmp_path / "roots").write_bytes(Authority.new().root.pem + authority.root.pem)
    with override_settings(TSA_ROOTS=str(tmp_path / "roots")):
        assert list(problems_of_timestamps(superuser)) == []


def test_the_command_is_one_round_and_says_what_it_did(
    stack: Stack, superuser: Superuser, authority: Authority, http: Http, grown: int, tmp_path: Path
) -> None:
    (tmp_path / "roots").write_bytes(authority.root.pem)

    def run(*more: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", "timestamp", *more],
            cwd=REPO,
            env=stack.environment("rf_publisher", **settings),
            capture_output=True,
            text=True,
        )

    there = {"RINGFENCE_TSA_URL": http.url, "RINGFENCE_TSA_ROOTS": str(tmp_path / "roots")}
    done = run(**there)
    assert (done.returncode, "by CN=Tests' time" in done.stdout) == (0, True), done.stderr
    assert [size for size, _ in kept(superuser)] == [grown]
    done = run("--now", **there)
    assert (done.returncode, done.stdout) == (0, "nothing is due\n")
    http.status = 500
    with triggers_off(superuser, "timestamp"):
        superuser.execute("DELETE FROM audit.timestamp")
    done = run(**there)
    assert (done.returncode, done.stdout) == (1, "trouble: the authority answers 500\n")
    for missing, settings in (
        ("RINGFENCE_TSA_URL", {}),
        ("RINGFENCE_TSA_ROOTS", {"RINGFENCE_TSA_URL": http.url}),
        ("RINGFENCE_TSA_ROOTS", there | {"RINGFENCE_TSA_ROOTS": str(tmp_path / "none")}),
    ):
        done = run(**settings)
        assert done.returncode == 1
        assert missing in done.stderr

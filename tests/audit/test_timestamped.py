"""What a customer gets of the time-stamps: the file that OpenSSL checks, and a line on the log's page."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from audit.archive import read_archive
from audit.database import Database
from audit.errors import EvidenceRefused
from audit.merkle import check_inclusion, leaf_hash
from audit.pins import Pin
from audit.policy import Policy
from audit.proofs import TlogProof
from audit.publisher.rounds import Publisher
from audit.services.pin_file import pin_file
from audit.services.timestamped import NotTimestamped, Timestamped, stamp_of, timestamped
from audit.timestamps.place import Authority as Place
from audit.timestamps.rounds import Stamper
from audit.verify.__main__ import main
from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Role
from tenants.services.ask_tsa import ask_tsa
from tests.audit.authority import OPENSSL, Authority, openssl_verifies, served
from tests.audit.logkeeping import Keeper, happen, triggers_off
from tests.audit.publishing import meta_note, publish
from tests.audit.test_publisher import no_post
from tests.stack import Stack
from tests.tenants.browser import Visitor
from tests.world import Workspace

Superuser = psycopg.Connection[Any]


@pytest.fixture(autouse=True)
def static_files(stack: Stack) -> None:
    """Whitenoise warns of a folder that only an install's set-up makes, and warnings are errors."""
    (stack.directory / "static").mkdir(exist_ok=True)


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority.new("Tests' time <b>")


@pytest.fixture
def stamped(acme: Workspace, keeper: Keeper, superuser: Superuser, authority: Authority) -> Iterator[None]:
    """Acme's log, time-stamped, and no time-stamp of another test beside it."""
    keeper.settle()
    happen(acme, 300)
    keeper.settle()
    with keeper.connect("rf_publisher") as database:
        stamp(keeper, database, superuser, authority)
    yield
    with triggers_off(superuser, "timestamp"):
        superuser.execute("DELETE FROM audit.timestamp")


def stamp(keeper: Keeper, database: Database, superuser: Superuser, authority: Authority) -> None:
    publish(Publisher(None, no_post), keeper, database, superuser)
    with served(authority.answer) as http:
        stamper = Stamper(Place(http.url, [authority.root.certificate]), ask_tsa)
        assert stamper.run_round(database, at_once=True) is not None, stamper.trouble


def read(workspace: Workspace) -> Timestamped:
    context = workspace.context(Role.AUDITOR)
    with acting(context):
        return timestamped(context)


def files_of(workspace: Workspace) -> dict[str, bytes]:
    return {
        name: bytes(content) for name, content in read_archive(memoryview(read(workspace).content)).items()
    }


@pytest.mark.usefixtures("stamped")
def test_the_file_leads_from_the_time_stamp_to_the_customers_own_log(
    acme: Workspace,
    rival: Workspace,
    keeper: Keeper,
    authority: Authority,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found, files = read(acme), files_of(acme)
    assert (found.size, found.authority) == (keeper.size(acme), "CN=Tests' time \\<b\\>")
    assert files["checkpoint"] == meta_note(keeper)
    assert files["log-checkpoint"] == keeper.checkpoints(acme)[found.size]
    signed = Policy.parse(files["policy"].decode()).open_checkpoint(files["checkpoint"]).checkpoint
    proof = TlogProof.parse(files["log-checkpoint.tlog-proof"])
    assert (proof.extra, proof.checkpoint) == (files["log-checkpoint"], files["checkpoint"])
    check_inclusion(
        proof.path,
        index=proof.index,
        size=signed.size,
        leaf=leaf_hash(files["log-checkpoint"]),
        head=signed.head,
    )
    origins = set(re.findall(rb"/t/[0-9a-f]{32}", found.content))
    assert origins == set(re.findall(rb"/t/[0-9a-f]{32}", files["checkpoint"] + files["log-checkpoint"]))
    context = acme.context(Role.AUDITOR)
    with acting(context):
        pin = pin_file(context).content
    assert Pin.parse(pin)
    (tmp_path / "pin").write_bytes(pin)
    (tmp_path / "proof").write_bytes(files["log-checkpoint.tlog-proof"])
    assert main(["proof", str(tmp_path / "proof"), "--pin", str(tmp_path / "pin")]) == 0
    told = capsys.readouterr().out
    assert told.startswith("GOOD")
    assert f"at index {proof.index} below a checkpoint of {signed.size} leaves" in told
    assert "not checked here; check with: openssl ts -verify" in " ".join(told.split())
    assert main(["proof", str(tmp_path / "proof")]) == 4
    with pytest.raises(NotTimestamped):
        read(rival)


@pytest.mark.skipif(OPENSSL is None, reason="no openssl on this machine, which is asked here")
@pytest.mark.usefixtures("stamped")
def test_openssl_checks_the_file_as_the_readme_says(
    acme: Workspace, authority: Authority, tmp_path: Path
) -> None:
    files = files_of(acme)
    assert openssl_verifies(tmp_path, files["checkpoint"], files["checkpoint.tsr"], authority.root)
    assert not openssl_verifies(tmp_path, files["log-checkpoint"], files["checkpoint.tsr"], authority.root)
    readme = files["README.txt"].decode()
    assert "openssl ts -verify -data checkpoint -in checkpoint.tsr -CAfile roots.pem" in readme
    assert all(name in readme for name in files if name != "README.txt")


@pytest.mark.usefixtures("stamped")
def test_the_api_gives_the_file_and_the_page_says_how_old_by_whom(acme: Workspace) -> None:
    auditor = Visitor(acme.someone(Role.AUDITOR))
    answer = auditor.get(f"/api/v1/{acme.public_id}/audit/timestamped")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.content == read(acme).content
    page = auditor.get(f"/w/{acme.public_id}/audit").content.decode()
    assert 'id="stamped"' in page
    assert "<code>CN=Tests&#x27; time \\&lt;b\\&gt;</code>" in page


def test_without_a_time_stamp_nothing_is_claimed(acme: Workspace, keeper: Keeper) -> None:
    keeper.settle()
    auditor = Visitor(acme.someone(Role.AUDITOR))
    answer = auditor.get(f"/api/v1/{acme.public_id}/audit/timestamped")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_timestamped")
    assert 'id="stamped"' not in auditor.get(f"/w/{acme.public_id}/audit").content.decode()


@pytest.mark.usefixtures("stamped")
def test_what_was_damaged_is_not_given_and_breaks_no_page(acme: Workspace, superuser: Superuser) -> None:
    with triggers_off(superuser, "checkpoint"):
        changed = "UPDATE audit.checkpoint SET note = set_byte(note, octet_length(note) - {at}, {to}) WHERE size = %s"
        size, note = superuser.execute(
            "SELECT size, note FROM audit.checkpoint c JOIN audit.timestamp USING (size)"
            " WHERE tenant_id = '00000000-0000-8000-8000-00006d657461'"
        ).fetchone() or (0, b"")
        meta = f"{changed} AND tenant_id = '00000000-0000-8000-8000-00006d657461'"
        superuser.execute(meta.format(at=20, to=65 if note[-20] != 65 else 66), [size])
        try:
            with pytest.raises(EvidenceRefused):
                read(acme)
            context = acme.context(Role.AUDITOR)
            with acting(context):
                assert stamp_of(context) is None
        finally:
            superuser.execute(meta.format(at=20, to=note[-20]), [size])
    assert read(acme)


@pytest.mark.usefixtures("stamped")
def test_no_path_is_given_that_does_not_lead_to_what_was_stamped(
    acme: Workspace, superuser: Superuser
) -> None:
    of_meta_log = "WHERE tenant_id = '00000000-0000-8000-8000-00006d657461'"
    row = superuser.execute(f"SELECT partials FROM audit.edge {of_meta_log}").fetchone()
    assert row is not None
    put = f"UPDATE audit.edge SET partials = %s {of_meta_log}"
    with triggers_off(superuser, "edge"):
        superuser.execute(put, [bytes(len(row[0]))])
        try:
            with pytest.raises(EvidenceRefused):
                read(acme)
        finally:
            superuser.execute(put, [row[0]])
    assert read(acme)

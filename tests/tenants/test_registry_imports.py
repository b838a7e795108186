"""Files of ownership data: read first, shown, added exactly so, once; wrong files say what is wrong with them."""

import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ringfence.kernel.permissions import Role
from tenants.gate.enter import enter
from tenants.gate.registry import known
from tenants.gate.registry_imports import read_import
from tenants.gate.secrets import SessionSecret
from tenants.neutrality.facts import Assurance, Interest, InterestType
from tenants.services.run_registry_import import run_registry_import
from tests.tenants.browser import Visitor, events_of
from tests.tenants.registering import L1, L2, Keeper, X, bods, entity, holding, lei, named, party
from tests.world import Workspace


class Importer(Keeper):
    """Sends files, and is the worker too."""

    def work(self, job: UUID) -> None:
        """Do what a worker does."""
        context = enter(SessionSecret(self.someone.session), self.someone.public_id)
        run_registry_import(context, import_id=job)

    def send(self, content: bytes, kind: str = "bods", **more: str) -> UUID:
        """Send a file and let it be read."""
        form = {
            "kind": kind, "source": "A Register, 2026", "dated": "2026-01-05",
            "file": SimpleUploadedFile("ownership.data", content), **more,
        }  # fmt: skip
        answer = self.post("/imports", form)
        assert answer.status_code == 302, answer.content.decode()[-2500:]
        job = UUID(answer["Location"].rsplit("/", 1)[1])
        self.work(job)
        return job

    def approve(self, job: UUID) -> None:
        """Say yes to the preview, and let it be added."""
        answer = self.post(f"/imports/{job}/apply", {"plan": read_import(job).plan.hex()})
        assert answer.status_code == 302, answer.content.decode()[-2500:]
        self.work(job)


@pytest.fixture
def importer(operator: Workspace) -> Importer:
    """Somebody of the operator."""
    return Importer(operator)


@pytest.fixture
def mark() -> str:
    """A word that no other test has."""
    return uuid4().hex[:10]


def two_firms(mark: str, share: Any = 49, **more: Any) -> bytes:
    """Return a file in which one firm holds part of another."""
    return bods(
        entity(f"a{mark}", f"Vendor {mark}"), entity(f"b{mark}", f"Investor {mark}"),
        holding(f"h{mark}", f"a{mark}", f"b{mark}", share, **more),
    )  # fmt: skip


def found(job: UUID) -> dict[str, Any]:
    return read_import(job).found


def held(subject: str) -> list[Interest]:
    (party_id,) = named(subject)
    return [
        each.fact
        for each in known().statements.values()
        if isinstance(each.fact, Interest)
        and each.fact.subject == party_id
        and each.id not in known().superseded
    ]


def test_a_file_is_read_first_and_added_as_one_version_when_somebody_says_yes(
    stack: Any, importer: Importer, operator: Workspace, mark: str
) -> None:
    before = known().version
    job = importer.send(two_firms(mark))
    assert read_import(job).state == "ready"
    assert (found(job)["new_parties"], found(job)["new_statements"], found(job)["refused"]) == (2, 1, 0)
    assert known().version == before, "reading adds nothing"
    assert "Add exactly this" in importer.get(f"/imports/{job}").content.decode()
    approvals = len(events_of(stack, operator, "registry_import.approved"))
    importer.approve(job)
    assert read_import(job).state == "done"
    assert known().version == before + 1 == read_import(job).version
    assert len(events_of(stack, operator, "registry_import.approved")) == approvals + 1
    (interest,) = held(f"Vendor {mark}")
    assert str(interest.share_max) == "49"
    assert importer.get(f"/imports/{job}/progress").json()["done"] is True


def test_the_same_file_again_adds_nothing(importer: Importer, mark: str) -> None:
    importer.approve(importer.send(two_firms(mark)))
    before = known().version
    again = importer.send(two_firms(mark))
    assert (found(again)["same_parties"], found(again)["same_statements"]) == (2, 1)
    page = importer.get(f"/imports/{again}").content.decode()
    assert "adding it would change nothing" in page
    assert "This very file was added before" in page
    assert "Add exactly this" not in page
    assert known().version == before


def test_a_newer_statement_supersedes_and_an_older_one_does_not(importer: Importer, mark: str) -> None:
    importer.approve(importer.send(two_firms(mark)))
    newer = two_firms(mark, 30, statement="newer", statementDate="2026-03-01")
    job = importer.send(newer)
    assert found(job)["superseding"] == 1
    importer.approve(job)
    assert [str(each.share_max) for each in held(f"Vendor {mark}")] == ["30"]
    older = importer.send(two_firms(mark, 10, statement="older", statementDate="2025-03-01"))
    assert (found(older)["older_statements"], found(older)["new_statements"]) == (1, 0)


def test_a_statement_that_comes_again_with_other_content_is_refused(importer: Importer, mark: str) -> None:
    importer.approve(importer.send(two_firms(mark)))
    job = importer.send(two_firms(mark, 1))
    assert found(job)["refused"] == 1
    assert "other content" in found(job)["errors"][0][2]


@pytest.mark.parametrize(
    ("share", "words"),
    [(-3, "from 0 to 100"), (140, "from 0 to 100"), ("much", "a number"), (True, "a number")],
)
def test_a_share_that_cannot_be_is_refused_with_its_row(
    importer: Importer, mark: str, share: Any, words: str
) -> None:
    job = importer.send(two_firms(mark, share))
    ((row, field, why),) = found(job)["errors"]
    assert (row, field) == (3, "recordDetails.interests[0].share")
    assert words in why
    page = importer.get(f"/imports/{job}").content.decode()
    assert words in page
    importer.approve(job)
    assert named(f"Vendor {mark}"), "good rows go in"


def test_a_holder_that_does_not_exist_is_refused_with_its_row(importer: Importer, mark: str) -> None:
    job = importer.send(bods(entity(f"a{mark}", f"Vendor {mark}"), holding("h", f"a{mark}", "ghost", 5)))
    ((row, field, why),) = found(job)["errors"]
    assert (row, field) == (2, "recordDetails.interestedParty")
    assert "no such party" in why


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (bods(entity("a", "A"), version="0.2"), "bods", "This is BODS 0.2; only 0.4 is read"),
        (b"not json", "bods", "Not JSON in UTF-8"),
        ('[{"ü": 1}]'.encode("utf-16"), "bods", "not UTF-8"),
        (b"[]", "bods", "an array of statements"),
        (b"{" * 100_000, "bods", "Not JSON"),
        (b"PK\x03\x04whatever", "bods", "packed"),
        (b"\x1f\x8b\x08\x00", "gleif-1", "packed"),
        (f"{L1}\n{lei(1)},Ünïcode,ACTIVE,GENERAL\n".encode("latin-1"), "gleif-1", "not UTF-8"),
        (L2.encode() + b"\n", "gleif-1", "another file: it has no column"),
        (b"\n", "gleif-2", "another file"),
        (b"\0" * 50, "gleif-1", ""),
    ],
)
def test_a_wrong_file_is_refused_as_a_whole_in_words(
    importer: Importer, content: bytes, kind: str, words: str
) -> None:
    before = known().version
    job = importer.send(content, kind)
    assert read_import(job).state == "failed"
    assert words in read_import(job).problem
    assert "Nothing was added" in importer.get(f"/imports/{job}").content.decode()
    assert known().version == before


def test_an_empty_file_and_a_form_without_one_are_asked_for_again(importer: Importer) -> None:
    form = {"kind": "bods", "source": "x", "dated": "2026-01-05"}
    assert importer.post("/imports", form).status_code == 400
    answer = importer.post("/imports", {**form, "file": SimpleUploadedFile("empty.json", b"")})
    assert answer.status_code == 400
    answer = importer.post("/imports", {**form, "source": "", "file": SimpleUploadedFile("a.json", b"[]")})
    assert answer.status_code == 400
    assert "required" in answer.content.decode()


def test_gleif_says_who_is_who_then_who_consolidates_whom_and_who_is_not_named(
    importer: Importer, mark: str
) -> None:
    number = int(mark, 16) % 10**8
    child, parent, alone = lei(number), lei(number + 1), lei(number + 2)
    relation = f"{L2}\n{child},{parent},IS_DIRECTLY_CONSOLIDATED_BY,ACTIVE,2026-01-02T00:00:00Z\n"
    early = importer.send(relation.encode(), "gleif-2")
    assert found(early)["refused"] == 1
    assert "level 1" in found(early)["errors"][0][2]
    names = "".join(
        f'{n},"{word} {mark}",ACTIVE,GENERAL\n'
        for n, word in ((child, "Child"), (parent, "Parent"), (alone, "Alone"))
    )
    importer.approve(importer.send(f"\ufeff{L1}\n{names}bad,row\n".encode(), "gleif-1"))
    importer.approve(importer.send(relation.encode(), "gleif-2"))
    importer.approve(
        importer.send(f"{X}\n{alone},DIRECT_ACCOUNTING_CONSOLIDATION_PARENT,NON_PUBLIC\n".encode(), "gleif-x")
    )
    (consolidated,), (hidden,) = held(f"Child {mark}"), held(f"Alone {mark}")
    assert consolidated.type is InterestType.COMPANY_RULES
    assert [consolidated.holder] == named(f"Parent {mark}")
    assert (hidden.type, hidden.holder) == (InterestType.UNPUBLISHED, None)
    assert {each.assurance for each in known().statements.values() if each.fact is hidden} == {
        Assurance.REGISTRY
    }


def test_one_firm_of_two_sources_stays_one_party(importer: Importer, mark: str) -> None:
    number = lei(int(mark, 16) % 10**8)
    known_as = party(f"By Hand {mark}", lei=number)
    identifiers = [{"scheme": "XI-LEI", "id": number}]
    content = bods(
        entity(f"a{mark}", f"By Register {mark}", identifiers=identifiers),
        entity(f"b{mark}", f"Investor {mark}"),
        holding(f"h{mark}", f"a{mark}", f"b{mark}", 12),
    )
    importer.approve(importer.send(content))
    assert named(f"By Register {mark}") == []
    assert [str(each.share_max) for each in held(f"By Hand {mark}")] == ["12"]
    relation = f"{L1}\n{number},Level One {mark},ACTIVE,GENERAL\n"
    again = importer.send(relation.encode(), "gleif-1")
    assert (found(again)["new_parties"], found(again)["same_parties"]) == (0, 1)
    assert named(f"Level One {mark}") == []
    assert known_as.id in known().parties


def test_what_has_changed_since_the_preview_is_shown_again_and_not_added(
    importer: Importer, mark: str
) -> None:
    first, second = importer.send(two_firms(mark)), importer.send(two_firms(mark))
    importer.approve(first)
    before = known().version
    importer.approve(second)
    assert read_import(second).state == "ready"
    assert "changed since the preview" in importer.get(f"/imports/{second}").content.decode()
    assert known().version == before


def test_only_the_preview_that_was_looked_at_is_approved_and_only_once(importer: Importer, mark: str) -> None:
    job = importer.send(two_firms(mark))
    for plan in ("", "00" * 32, "not hex", "ü" * 64):
        assert importer.post(f"/imports/{job}/apply", {"plan": plan}).status_code == 400
    importer.approve(job)
    version = known().version
    assert importer.post(f"/imports/{job}/apply", {"plan": read_import(job).plan.hex()}).status_code == 400
    importer.work(job)
    assert known().version == version


def test_a_file_that_is_given_up_is_gone(stack: Any, importer: Importer, mark: str) -> None:
    job = importer.send(two_firms(mark))
    assert importer.post(f"/imports/{job}/drop").status_code == 302
    importer.work(job)
    assert read_import(job).state == "dropped"
    with psycopg.connect(stack.cluster.superuser_url("control")) as connection:
        (parts,) = connection.execute(
            "select count(*) from people_registryimportpart where registry_import_id = %s", [job]
        ).fetchone() or (None,)
    assert parts == 0
    assert importer.get(f"/imports/{uuid4()}").status_code == 404


def test_two_workers_on_one_import_add_it_once(importer: Importer, mark: str) -> None:
    job = importer.send(two_firms(mark))
    importer.post(f"/imports/{job}/apply", {"plan": read_import(job).plan.hex()})
    before = known().version
    importer.work(job)
    importer.work(job)
    assert known().version == before + 1


def test_a_registry_that_no_door_could_wait_for_is_refused(
    importer: Importer, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenants.services import plan_import

    monkeypatch.setattr(plan_import, "MOST_PARTIES", len(known().parties) + 1)
    job = importer.send(two_firms(mark))
    assert read_import(job).state == "failed"
    assert "no door could wait" in read_import(job).problem


def test_an_import_is_nobodys_but_the_operators(importer: Importer, acme: Workspace) -> None:
    job = importer.send(json.dumps([]).encode())
    owner = Visitor(acme.someone(Role.OWNER))
    assert owner.get(f"/w/{acme.public_id}/registry/imports/{job}").status_code == 403

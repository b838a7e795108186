"""What the platform leans on, judged like every other way out."""

import pytest

from tenants.neutrality.destinations import Trouble, book_of
from tenants.neutrality.leaning import is_outer, leanings, subprocessors
from tenants.neutrality.verdict import Outcome
from tests.unit.neutrality.making import World, party_id


def test_a_party_serves_by_what_its_description_says(world: World) -> None:
    world.party("Host", listed=True, identifiers=(("serves", "hosting"), ("serves", "backups")))
    world.party("Quiet")
    assert subprocessors(world.parties.values()) == {party_id("Host"): "hosting, backups"}


def test_subprocessors_are_judged_through_their_owners(world: World) -> None:
    world.party("Clean", listed=True, identifiers=(("serves", "mail"),))
    world.party("Bought", identifiers=(("serves", "hosting"),))
    world.party("Silent", identifiers=(("serves", "storage"),))
    world.holds("W", "Bought", 51)
    found = leanings(world.parties, {}, taint=world.taint(), book=book_of([]))
    assert [(each.what, each.verdict.outcome) for each in found] == [
        ("hosting", Outcome.DENY),
        ("mail", Outcome.ALLOW),
        ("storage", Outcome.DENY),
    ]
    assert found[2].verdict.points[0].trouble is Trouble.SILENT


def test_a_host_is_everybodys_whose_it_is_and_nobodys_is_denied(world: World) -> None:
    world.party("Clean", listed=True)
    world.holds("W", "Bought", 51)
    book = book_of([("relay.example", party_id("Clean")), ("relay.example", party_id("Bought"))])
    hosts = {"mail server": "SMTP.relay.example.", "key service": "kms.example"}
    found = leanings(world.parties, hosts, taint=world.taint(), book=book)
    assert {(each.what, each.party, each.verdict.outcome) for each in found} == {
        ("key service", None, Outcome.DENY),
        ("mail server", party_id("Clean"), Outcome.ALLOW),
        ("mail server", party_id("Bought"), Outcome.DENY),
    }


@pytest.mark.parametrize(
    ("host", "outer"),
    [
        ("", False), ("/run/postgresql", False), ("127.0.0.1", False), ("10.1.2.3", False), ("localhost", False),
        ("valkey", False), ("db.internal", False), ("nas.local", False), ("[::1]", False),
        ("8.8.8.8", True), ("kms.eu-west-1.example.com", True), ("2001:4860:4860::8888", True),
    ],
)  # fmt: skip
def test_what_lies_outside(host: str, outer: bool) -> None:
    assert is_outer(host) is outer

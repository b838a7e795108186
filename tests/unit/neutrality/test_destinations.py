"""Ways out: every match counts, the unknown denies, and an address in disguise is an address."""

import pytest

from tenants.neutrality.destinations import (
    MOST_POINTS,
    Destination,
    HostBook,
    Trouble,
    book_of,
    judge_destination,
    judge_party,
    normal_name,
)
from tenants.neutrality.explain import destination_in_own_words, destination_in_words
from tenants.neutrality.facts import InterestType as T
from tenants.neutrality.taint import Taint
from tenants.neutrality.verdict import Outcome
from tests.unit.neutrality.making import World, party_id


@pytest.fixture
def taint() -> Taint:
    world = World()
    for name in ("Shop", "Cloud"):
        world.party(name, listed=True)
    world.holds("W", "Vendor", 5)
    world.party("Borrower", listed=True)
    world.holds("W", "Borrower", None, T.DEBT)
    world.party("Quiet")
    return world.taint()


@pytest.fixture
def book() -> HostBook:
    return book_of(
        [
            ("shop.example", party_id("Shop")),
            ("vendor.example", party_id("Vendor")),
            ("labs.vendor.example", party_id("Shop")),
            ("quiet.example", party_id("Quiet")),
            ("borrower.example", party_id("Borrower")),
        ],
        [
            ("8.8.8.0/24", party_id("Cloud")),
            ("9.9.9.0/24", party_id("Vendor")),
            ("2001:4860::/32", party_id("Cloud")),
        ],
    )


PUBLIC = ("8.8.8.8",)


@pytest.mark.parametrize(
    ("destination", "outcome", "troubles"),
    [
        (Destination("shop.example", (), PUBLIC), Outcome.ALLOW, []),
        (Destination("SHOP.example.", (), PUBLIC), Outcome.ALLOW, []),
        (Destination("a.b.shop.example", (), PUBLIC), Outcome.ALLOW, []),
        (Destination("shop.example", (), ("2001:4860:4860::8888",)), Outcome.ALLOW, []),
        (Destination("8.8.8.8", (), PUBLIC), Outcome.ALLOW, []),
        (Destination("shop.example", (), ()), Outcome.DENY, [Trouble.NOWHERE]),
        (Destination("labs.vendor.example", (), PUBLIC), Outcome.DENY, [Trouble.TAINTED]),
        (Destination("shop.example", ("vendor.example",), PUBLIC), Outcome.DENY, [Trouble.TAINTED]),
        (Destination("shop.example", (), ("9.9.9.9",)), Outcome.DENY, [Trouble.TAINTED]),
        (Destination("shop.example", (), ("::ffff:9.9.9.9",)), Outcome.DENY, [Trouble.TAINTED]),
        (Destination("quiet.example", (), PUBLIC), Outcome.DENY, [Trouble.SILENT]),
        (Destination("borrower.example", (), PUBLIC), Outcome.REVIEW, [Trouble.TAINTED]),
        (Destination("nobody.example", (), PUBLIC), Outcome.DENY, [Trouble.UNKNOWN]),
        (Destination("shop.example", ("nobody.example",), PUBLIC), Outcome.DENY, [Trouble.UNKNOWN]),
        (Destination("shop.example", (), ("1.1.1.1",)), Outcome.DENY, [Trouble.UNKNOWN]),
        (Destination("shop.example", (), ("nonsense",)), Outcome.DENY, [Trouble.MALFORMED]),
        (Destination("", (), PUBLIC), Outcome.DENY, [Trouble.MALFORMED]),
        (Destination("a b.example", (), PUBLIC), Outcome.DENY, [Trouble.MALFORMED]),
        (Destination("0x7f.1", (), PUBLIC), Outcome.DENY, [Trouble.MALFORMED]),
        (Destination("2130706433", (), PUBLIC), Outcome.DENY, [Trouble.MALFORMED]),
    ],
)
def test_a_destination_is_judged_by_every_match(
    taint: Taint, book: HostBook, destination: Destination, outcome: Outcome, troubles: list[Trouble]
) -> None:
    verdict = judge_destination(destination, taint=taint, book=book)
    assert (verdict.outcome, [point.trouble for point in verdict.points]) == (outcome, troubles)
    assert bool(verdict) is (outcome is Outcome.ALLOW)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",  # noqa: S104 - no server here
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    ],
)  # fmt: skip
def test_no_private_address_is_ever_reached(taint: Taint, address: str) -> None:
    """Not even one that the book gives to a clean party."""
    book = book_of(
        [("shop.example", party_id("Shop"))], [("0.0.0.0/0", party_id("Cloud")), ("::/0", party_id("Cloud"))]
    )
    verdict = judge_destination(Destination("shop.example", (), (address,)), taint=taint, book=book)
    assert (verdict.outcome, verdict.points[0].trouble) == (Outcome.DENY, Trouble.NOT_PUBLIC)


def test_a_party_that_nobody_registered_is_unknown_and_denied(taint: Taint) -> None:
    assert judge_party(party_id("Nobody"), taint=taint).outcome is Outcome.DENY
    book = book_of([("ghost.example", party_id("Nobody"))], [("8.8.8.0/24", party_id("Cloud"))])
    verdict = judge_destination(Destination("ghost.example", (), PUBLIC), taint=taint, book=book)
    assert verdict.outcome is Outcome.DENY


def test_a_chain_of_redirects_is_bounded(taint: Taint, book: HostBook) -> None:
    many = Destination("shop.example", ("shop.example",) * MOST_POINTS, PUBLIC)
    verdict = judge_destination(many, taint=taint, book=book)
    assert [point.trouble for point in verdict.points] == [Trouble.TOO_MANY]


def test_a_name_in_another_script_is_its_ascii_form() -> None:
    assert normal_name("bücher.example") == "xn--bcher-kva.example"
    assert normal_name("ｓhop.example") == "shop.example"
    assert normal_name("a" * 64 + ".example") is None


def test_a_book_takes_names_and_networks_only() -> None:
    for names, networks in (
        ([("not a name", party_id("Shop"))], []),
        ([], [("8.8.8.8/99", party_id("Shop"))]),
    ):
        with pytest.raises(ValueError):  # noqa: PT011 - the standard library's own words
            book_of(names, networks)


def test_the_officer_reads_the_path_and_whoever_set_it_up_reads_no_party(book: HostBook) -> None:
    world = World()
    world.party("Shop", listed=True)
    world.party("Cloud", listed=True)
    world.party("Quiet")
    world.holds("W", "Vendor", 5)
    taint = world.taint()
    asked = Destination("shop.example", ("hooks.vendor.example", "quiet.example", "nobody.example"), PUBLIC)
    verdict = judge_destination(asked, taint=taint, book=book)
    assert destination_in_words(verdict, policy=taint.policy, parties=world.parties) == (
        "hooks.vendor.example belongs to a party that the policy keeps away: "
        "Vendor, 5 % owned by W, economic interest; rule: economic ≥ 5 %",
        "quiet.example belongs to a party that is not registered, or of whose owners too little is known: Quiet",
        "nobody.example belongs to nobody that we know",
    )
    assert destination_in_own_words(verdict) == (
        "hooks.vendor.example is kept away by this workspace's policy",
        "quiet.example is not known well enough",
        "nobody.example belongs to nobody that we know",
    )

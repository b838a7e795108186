"""A policy that excludes W, hosts of clean and of tainted parties, and an authority that this process trusts."""

from functools import partial

import pytest

from tenants.egress.ways import Judge
from tenants.neutrality.destinations import book_of, judge_destination
from tenants.neutrality.facts import InterestType
from tests.unit.egress.receiving import Authority
from tests.unit.neutrality.making import World, party_id


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """The authority, trusted as an install trusts a private one: by a file of the environment."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))
    return authority


@pytest.fixture
def judge() -> Judge:
    world = World()
    for name in ("Shop", "Cloud"):
        world.party(name, listed=True)
    world.holds("W", "Vendor", 5)
    world.party("Borrower", listed=True)
    world.holds("W", "Borrower", None, InterestType.DEBT)
    book = book_of(
        [
            ("shop.example", party_id("Shop")),
            ("vendor.example", party_id("Vendor")),
            ("borrower.example", party_id("Borrower")),
        ],
        [("8.8.8.0/24", party_id("Cloud")), ("9.9.9.0/24", party_id("Vendor"))],
    )
    return partial(judge_destination, taint=world.taint(), book=book)

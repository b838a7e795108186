"""Names that are one name, and names that are not."""

from uuid import UUID

import pytest

from tenants.neutrality.facts import Party, PartyKind
from tenants.neutrality.names import by_name, meant, plain_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Meta Platforms, Inc.", "meta platforms"),
        ("Meta Platforms, Inc.", "META  PLATFORMS INCORPORATED"),
        ("Société Générale S.A.", "societe generale"),
        ("AT&T Inc.", "AT and T"),
        ("The Coca-Cola Company", "Coca Cola"),
        ("Levi's Strauss", "Levis Strauss"),
        ("Ｆｕｌｌ Width K.K.", "Full Width"),
        ("Straße GmbH", "STRASSE"),
        ("Eni S.p.A.", "ENI"),
    ],
)
def test_spellings_of_one_name(one: str, other: str) -> None:
    assert plain_name(one) == plain_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Meta Platforms", "Meta"), ("Acme North", "Acme South"), ("Company", "Limited")],
)
def test_names_of_two_firms(one: str, other: str) -> None:
    assert plain_name(one) != plain_name(other)


@pytest.mark.parametrize("name", ["Inc.", "***", "S.A.", "公司", "The"])
def test_no_name_is_empty(name: str) -> None:
    assert plain_name(name)


A, B, C = (UUID(int=n) for n in (1, 2, 3))


def test_other_names_count_and_systems_do_not() -> None:
    parties = [
        Party(A, "Alphabet Inc.", identifiers=(("name", "Google"), ("isin", "US02079K3059"))),
        Party(B, "google", PartyKind.SYSTEM),
    ]
    assert by_name(parties) == {"alphabet": (A,), "google": (A,)}


@pytest.mark.parametrize(
    ("name", "lei", "expected"),
    [
        ("twin", "", (A, B)),
        ("twin", "LB", (B,)),
        ("twin", "LC", (C, A, B)),
        ("other", "LC", (C,)),
        ("twin", "nobody's", ()),
        ("other", "", ()),
    ],
)
def test_whom_a_name_and_an_lei_mean(name: str, lei: str, expected: tuple[UUID, ...]) -> None:
    assert meant(name, lei, names={"twin": (A, B)}, leis={"LA": A, "LB": B, "LC": C}) == expected

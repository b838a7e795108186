"""Ways are judged by name before anybody looks it up, and by every address after: what is unknown is refused."""

import pytest

from tenants.egress.trouble import NotSent, Trouble
from tenants.egress.ways import Judge, find_way
from tenants.neutrality.destinations import Destination, DestinationVerdict
from tests.unit.egress.receiving import Names

PUBLIC = "8.8.8.8"


def refusal(url: str, judge: Judge, names: Names, **options: bool) -> NotSent:
    with pytest.raises(NotSent) as refused:
        find_way(url, judge, resolver=names, **options)
    return refused.value


def test_a_clean_name_with_clean_addresses_is_a_way(judge: Judge) -> None:
    names = Names(shop_example=(PUBLIC, "8.8.8.9"))
    way = find_way("https://shop.example/hook", judge, resolver=names)
    assert [str(address) for address in way.addresses] == [PUBLIC, "8.8.8.9"]
    assert len(way.parties) == 2
    assert names.asked == ["shop.example"]
    assert way.fresh


@pytest.mark.parametrize(
    "host", ["vendor.example", "labs.vendor.example", "nobody.example", "borrower.example"]
)
def test_a_name_that_is_not_clean_is_not_even_looked_up(judge: Judge, host: str) -> None:
    names = Names(**{host.replace(".", "_"): PUBLIC})
    refused = refusal(f"https://{host}/x", judge, names)
    assert refused.trouble is Trouble.NOT_ALLOWED
    assert names.asked == []
    assert refused.words
    assert all(words.startswith(host) for words in refused.words)
    assert "Vendor" not in str(refused.words)
    assert "W" not in str(refused.words)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::1",
        "fd00::1",
    ],
)
@pytest.mark.parametrize("beside", [(), (PUBLIC,)])
def test_a_name_that_leads_inside_is_refused_whatever_else_it_leads_to(
    judge: Judge, address: str, beside: tuple[str, ...]
) -> None:
    refused = refusal("https://shop.example/x", judge, Names(shop_example=(*beside, address)))
    assert (refused.trouble, refused.refused) == (Trouble.NOT_PUBLIC, True)
    assert address not in f"{refused} {refused.words}"


@pytest.mark.parametrize("address", ["9.9.9.9", "1.1.1.1"])
def test_a_clean_name_on_an_address_of_the_excluded_party_or_of_nobody_is_refused(
    judge: Judge, address: str
) -> None:
    refused = refusal("https://shop.example/x", judge, Names(shop_example=(PUBLIC, address)))
    assert refused.trouble is Trouble.NOT_ALLOWED
    assert [words.split(" ")[0] for words in refused.words] == [address]


def test_a_name_without_address_is_no_way_today_and_may_be_one_tomorrow(judge: Judge) -> None:
    refused = refusal("https://shop.example/x", judge, Names())
    assert (refused.trouble, refused.refused) == (Trouble.NO_ADDRESS, False)


def test_a_name_with_too_many_addresses_is_refused(judge: Judge) -> None:
    crowd = tuple(f"8.8.8.{n}" for n in range(17))
    assert refusal("https://shop.example/x", judge, Names(shop_example=crowd)).trouble is Trouble.NOT_ALLOWED


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://10.0.0.1/", "https://[::1]/", "https://[::ffff:9.9.9.9]/"]
)
def test_a_written_address_is_judged_like_a_resolved_one(judge: Judge, url: str) -> None:
    assert refusal(url, judge, Names()).trouble is Trouble.NOT_PUBLIC


def test_a_demo_lets_its_own_machine_through_and_judges_the_name_all_the_same(judge: Judge) -> None:
    names = Names(shop_example="127.0.0.1", vendor_example="127.0.0.1", nobody_example="127.0.0.1")
    assert find_way("https://shop.example/x", judge, resolver=names, loopback=True).parties
    assert find_way("http://127.0.0.1:9000/x", judge, resolver=names, loopback=True)
    assert refusal("https://vendor.example/x", judge, names, loopback=True).trouble is Trouble.NOT_ALLOWED
    assert refusal("https://nobody.example/x", judge, names, loopback=True).trouble is Trouble.NOT_ALLOWED


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "9.9.9.9"])
def test_a_demo_lets_no_other_address_through(judge: Judge, address: str) -> None:
    for found in ((address,), ("127.0.0.1", address)):
        refusal("https://shop.example/x", judge, Names(shop_example=found), loopback=True)


def test_a_judge_who_breaks_lets_nothing_through(judge: Judge) -> None:
    def broken(destination: Destination) -> DestinationVerdict:
        raise LookupError("no policy")

    with pytest.raises(LookupError):
        find_way("https://shop.example/x", broken, resolver=Names(shop_example=PUBLIC))

"""Addresses are read strictly, and what a message says holds nothing that could be a secret."""

import ipaddress

import pytest

from tenants.egress.addresses import is_public, read_address
from tenants.egress.places import Place, next_place, read_place
from tenants.egress.trouble import NotSent, Trouble


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://shop.example", Place("shop.example", 443, "/")),
        ("https://SHOP.example./hook?a=1", Place("shop.example", 443, "/hook?a=1")),
        ("HTTPS://shop.example:8443/x", Place("shop.example", 8443, "/x")),
        ("https://8.8.8.8/x", Place("8.8.8.8", 443, "/x")),
        ("https://[2001:4860:4860::8888]/x", Place("2001:4860:4860::8888", 443, "/x")),
    ],
)
def test_an_address_is_read(url: str, place: Place) -> None:
    assert read_place(url) == place


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example",
        "//shop.example/x",
        "ftp://shop.example/",
        "file:///etc/passwd",
        "gopher://shop.example/",
        "http://shop.example/",
        "http://127.0.0.1:9000/",
        "https:///x",
        "https://:8443/x",
        "https://shop.example:99999/",
        "https://shop.example:22/",
        "https://shop.example:25/",
        "https://shop.example:0/",
        "https://shop.example:x/",
        "https://name@shop.example/",
        "https://name:secretword@shop.example/",
        "https://shop.example@vendor.example/",
        "https://shop.example/x#part",
        "https://shop.example\\@vendor.example/",
        "https://shop.example/a b",
        "https://shop.example/a\r\nHost: x",
        "https://shop.example/\x00",
        "https://shöp.example/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://a..example/",
        "https://" + "a" * 64 + ".example/",
        "https://shop.example/" + "a" * 2_000,
    ],
)
def test_what_is_no_address_of_ours_is_refused(url: str) -> None:
    with pytest.raises(NotSent) as refused:
        read_place(url)
    assert refused.value.trouble is Trouble.MALFORMED
    assert refused.value.refused
    assert "secretword" not in f"{refused.value} {refused.value.words} {refused.value!r}"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000/x", "http://[::1]:9000/x"])
def test_a_demo_may_speak_http_to_its_own_machine(url: str) -> None:
    assert not read_place(url, loopback=True).secure


@pytest.mark.parametrize(
    "url", ["http://shop.example:9000/", "http://10.0.0.1:9000/", "http://localhost:9000/"]
)
def test_and_to_no_other(url: str) -> None:
    with pytest.raises(NotSent):
        read_place(url, loopback=True)


def test_the_path_stays_out_of_what_is_printed() -> None:
    assert "token" not in repr(read_place("https://shop.example/hook/token"))


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/other", "https://shop.example/other"),
        ("other", "https://shop.example/a/other"),
        ("https://vendor.example/", "https://vendor.example/"),
        ("//vendor.example:8443/x", "https://vendor.example:8443/x"),
    ],
)
def test_a_redirect_is_read_against_where_it_came_from(location: str, url: str) -> None:
    assert next_place(read_place("https://shop.example/a/b"), location).url == url


@pytest.mark.parametrize(
    "location", ["http://shop.example/", "https://[", "javascript:alert(1)", "https://a@b.example/"]
)
def test_a_redirect_is_read_as_strictly(location: str) -> None:
    with pytest.raises(NotSent):
        next_place(read_place("https://shop.example/a/b"), location)


@pytest.mark.parametrize(
    "written",
    [
        "0.0.0.0", "10.1.2.3",  # noqa: S104 - nothing is bound
        "100.100.100.200", "127.0.0.1", "127.8.8.8", "168.63.129.16", "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.168.1.1", "192.88.99.1", "198.18.0.1", "198.51.100.1",
        "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808",
        "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378::1", "2001:10::1", "2001:20::1", "2001:db8::1",
        "2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%2",
        "fec0::1", "ff02::1", "4000::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_none(written: str) -> None:
    assert not is_public(ipaddress.ip_address(written))


@pytest.mark.parametrize(
    "written", ["1.1.1.1", "8.8.8.8", "172.32.0.1", "2001:4860:4860::8888", "2a00:1450:4001::1"]
)
def test_an_address_of_the_internet_is_public(written: str) -> None:
    assert is_public(ipaddress.ip_address(written))


@pytest.mark.parametrize("written", ["127.1", "0x7f.0.0.1", "1", "", "shop.example", "08.8.8.8"])
def test_an_address_in_another_spelling_is_none(written: str) -> None:
    assert read_address(written) is None

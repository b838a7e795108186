"""Requests over real sockets: to the judged address and no other, within a time, whatever the peer does."""

import os
import socket
import ssl
import threading
import time
import warnings
from dataclasses import replace

import pytest

from tenants.egress.client import MOST_BYTES, Onward, send
from tenants.egress.trouble import NotSent, Trouble
from tenants.egress.ways import FRESH_SECONDS, Judge, Way, find_way
from tests.unit.egress.receiving import (
    OK,
    Authority,
    Conduct,
    Names,
    Receiver,
    answering,
    read_request,
    receiver,
)

SHORT = 1.0
"""Seconds that a peer is given in tests of peers that never come to an end."""


def way_to_here(url: str, judge: Judge, names: Names | None = None) -> Way:
    here = names or Names(shop_example="127.0.0.1")
    return find_way(url, judge, resolver=here, loopback=True)


def failure(way: Way, seconds: float = 10.0, **options: Onward) -> NotSent:
    with pytest.raises(NotSent) as failed:
        send(way, "POST", body=b"{}", seconds=seconds, loopback=True, **options)
    return failed.value


def over_http(conduct: Conduct, judge: Judge, seconds: float = 10.0) -> NotSent:
    with receiver(conduct) as there:
        return failure(way_to_here(f"http://127.0.0.1:{there.port}/x", judge), seconds)


def test_a_request_arrives_as_it_was_meant(judge: Judge, trusted: Authority) -> None:
    with receiver(
        answering(b"HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 2\r\n\r\nhi"),
        tls=trusted.serving("shop.example"),
    ) as there:
        way = way_to_here(f"https://shop.example:{there.port}/hook?a=b", judge)
        answer = send(way, "POST", headers={"webhook-id": "1"}, body=b'{"a":1}')
        (request,) = there.requests
    assert (answer.status, answer.body, answer.headers["x"]) == (200, b"hi", "y")
    assert request.head.startswith("POST /hook?a=b HTTP/1.1\r\n")
    assert request.headers == {
        "host": f"shop.example:{there.port}", "user-agent": "Ringfence/1", "accept-encoding": "identity",
        "connection": "close", "content-length": "7", "webhook-id": "1",
    }  # fmt: skip
    assert request.body == b'{"a":1}'


def test_the_name_is_looked_up_once_and_the_judged_address_is_the_one_that_is_called(
    judge: Judge, trusted: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names(shop_example="127.0.0.1")
    with receiver(answering(OK), tls=trusted.serving("shop.example")) as there:
        way = way_to_here(f"https://shop.example:{there.port}/", judge, names)
        # From here on the name leads to the cloud's credentials, for us and for the machine's own resolver.
        names.known["shop.example"] = "169.254.169.254"
        real = socket.getaddrinfo

        def changed(host: str, *arguments: object, **options: object) -> object:
            assert host == "127.0.0.1", f"{host} was looked up a second time"
            return real(host, *arguments, **options)  # type: ignore[arg-type]  # handed on

        monkeypatch.setattr(socket, "getaddrinfo", changed)
        assert send(way, "POST", body=b"{}").status == 204
    assert names.asked == ["shop.example"]


def test_settings_of_proxies_mean_nothing(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver(answering(OK)) as proxy, receiver(answering(OK)) as there:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        send(way_to_here(f"http://127.0.0.1:{there.port}/", judge), "POST", body=b"{}")
        assert (proxy.connections, there.connections) == (0, 1)


def test_keys_of_the_connection_are_written_nowhere(
    judge: Judge, trusted: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = trusted.folder / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(file))
    with receiver(answering(OK), tls=trusted.serving("shop.example")) as there:
        send(way_to_here(f"https://shop.example:{there.port}/", judge), "POST", body=b"{}")
    assert not os.path.exists(file)


@pytest.mark.parametrize("served", [("other.example", 1), ("shop.example", -1)])
def test_a_certificate_for_another_name_or_of_the_past_ends_it(
    judge: Judge, trusted: Authority, served: tuple[str, int]
) -> None:
    name, days = served
    with receiver(answering(OK), tls=trusted.serving(name, days=days)) as there:
        failed = failure(way_to_here(f"https://shop.example:{there.port}/", judge))
        assert there.requests == []
    assert (failed.trouble, failed.sent) == (Trouble.TLS, False)


def test_an_authority_that_is_not_trusted_ends_it(judge: Judge, authority: Authority) -> None:
    with receiver(answering(OK), tls=authority.serving("shop.example")) as there:
        failed = failure(way_to_here(f"https://shop.example:{there.port}/", judge))
        assert there.requests == []
    assert failed.trouble is Trouble.TLS


def test_a_peer_that_speaks_no_tls_ends_it(judge: Judge) -> None:
    with receiver(answering(OK)) as there:
        assert failure(way_to_here(f"https://shop.example:{there.port}/", judge), SHORT).trouble in {
            Trouble.TLS,
            Trouble.TOO_SLOW,
        }


def test_old_tls_is_not_spoken(judge: Judge, trusted: Authority) -> None:
    old = trusted.serving("shop.example")
    old.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore"):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with receiver(answering(OK), tls=old) as there:
        assert failure(way_to_here(f"https://shop.example:{there.port}/", judge)).trouble is Trouble.TLS


def test_nobody_there(judge: Judge) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    failed = failure(way_to_here(f"http://127.0.0.1:{port}/", judge))
    assert (failed.trouble, failed.sent) == (Trouble.NO_CONNECTION, False)


def drip(piece: bytes, every: float = 0.05) -> Conduct:
    """Send a beginning, then one piece after another for as long as somebody listens."""

    def conduct(peer: socket.socket, there: Receiver) -> None:
        read_request(peer)
        while True:
            peer.sendall(piece)
            time.sleep(every)

    return conduct


@pytest.mark.parametrize(
    "piece",
    [b"H", b"HTTP/1.1 200 OK\r\nX: "[:1], b"HTTP/1.1 100 Continue\r\n\r\n"],
    ids=["status line", "letters", "never more than continue"],
)
def test_a_peer_that_drips_is_left_at_the_deadline(judge: Judge, piece: bytes) -> None:
    assert over_http(drip(piece), judge, SHORT).trouble is Trouble.TOO_SLOW


def test_a_body_that_drips_is_left_at_the_deadline(judge: Judge) -> None:
    def conduct(peer: socket.socket, there: Receiver) -> None:
        read_request(peer)
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
        while True:
            peer.sendall(b".")
            time.sleep(0.05)

    failed = over_http(conduct, judge, SHORT)
    assert (failed.trouble, failed.sent) == (Trouble.TOO_SLOW, True)


def test_a_peer_that_takes_the_request_and_is_silent_is_left_at_the_deadline(judge: Judge) -> None:
    gone = threading.Event()

    def conduct(peer: socket.socket, there: Receiver) -> None:
        read_request(peer)
        gone.wait(20)

    with receiver(conduct) as there:
        failed = failure(way_to_here(f"http://127.0.0.1:{there.port}/x", judge), SHORT)
        gone.set()
    assert failed.trouble is Trouble.TOO_SLOW


def endless(beginning: bytes, piece: bytes) -> Conduct:
    def conduct(peer: socket.socket, there: Receiver) -> None:
        read_request(peer)
        peer.sendall(beginning)
        while True:
            peer.sendall(piece * 1000)

    return conduct


@pytest.mark.parametrize(
    ("beginning", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000000\r\n\r\n", b"."),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"."),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff\r\n", b"."),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n.\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"Trailer: x\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["claimed", "until the end", "one chunk", "many chunks", "trailers", "continue"],
)
def test_a_huge_answer_is_read_to_the_bound_and_no_further(
    judge: Judge, beginning: bytes, piece: bytes
) -> None:
    failed = over_http(endless(beginning, piece), judge)
    assert (failed.trouble, failed.sent) == (Trouble.TOO_LARGE, True)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
    ],
)
def test_what_is_no_http_is_an_error_of_ours(judge: Judge, said: bytes) -> None:
    assert over_http(answering(said), judge).trouble in {Trouble.NOT_HTTP, Trouble.BROKEN}


def test_an_answer_at_the_bound_is_read(judge: Judge) -> None:
    body = b"." * (MOST_BYTES - 1_000)
    with receiver(answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)) as there:
        assert send(way_to_here(f"http://127.0.0.1:{there.port}/x", judge), "GET").body == body


# --- redirects


def redirect(location: str, status: int = 307) -> bytes:
    return f"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed_unasked(judge: Judge, status: int) -> None:
    with (
        receiver(answering(OK)) as other,
        receiver(answering(redirect(f"http://127.0.0.1:{other.port}/token", status))) as there,
    ):
        failed = failure(way_to_here(f"http://127.0.0.1:{there.port}/x", judge))
        assert other.connections == 0
    assert failed.trouble is Trouble.REDIRECT
    assert "token" not in str(failed.words)


def onward(judge: Judge, names: Names | None = None, hops: int = 3) -> Onward:
    return Onward(judge, names or Names(shop_example="127.0.0.1", vendor_example="127.0.0.1"), hops)


def test_a_redirect_that_is_followed_is_judged_like_the_first_address(
    judge: Judge, trusted: Authority
) -> None:
    names = Names(shop_example="127.0.0.1")
    with receiver(answering(OK), tls=trusted.serving("shop.example")) as other:
        with receiver(answering(redirect(f"https://shop.example:{other.port}/new"))) as there:
            way = way_to_here(f"http://127.0.0.1:{there.port}/x", judge)
            assert send(way, "POST", body=b"{}", onward=onward(judge, names), loopback=True).status == 204
        assert other.requests[0].body == b"{}"
    assert names.asked == ["shop.example"]


@pytest.mark.parametrize(
    ("location", "trouble"),
    [
        ("https://vendor.example/", Trouble.NOT_ALLOWED),
        ("https://nobody.example/", Trouble.NOT_ALLOWED),
        ("https://169.254.169.254/latest", Trouble.NOT_PUBLIC),
        ("https://10.0.0.1/", Trouble.NOT_PUBLIC),
        ("https://inside.shop.example/", Trouble.NOT_PUBLIC),
        ("http://shop.example/", Trouble.MALFORMED),
        ("file:///etc/passwd", Trouble.MALFORMED),
        ("https://a:b@shop.example/", Trouble.MALFORMED),
        ("", Trouble.REDIRECT),
    ],
)
def test_a_redirect_to_where_nothing_may_go_ends_there(judge: Judge, location: str, trouble: Trouble) -> None:
    names = Names(shop_example="127.0.0.1", inside_shop_example="192.168.0.1")
    with receiver(answering(redirect(location))) as there:
        assert (
            failure(
                way_to_here(f"http://127.0.0.1:{there.port}/x", judge), onward=onward(judge, names)
            ).trouble
            is trouble
        )


def test_a_circle_of_redirects_ends(judge: Judge) -> None:
    def conduct(peer: socket.socket, there: Receiver) -> None:
        there.requests.append(read_request(peer))
        peer.sendall(redirect(f"http://127.0.0.1:{there.port}/x"))

    with receiver(conduct) as there:
        assert (
            failure(
                way_to_here(f"http://127.0.0.1:{there.port}/x", judge), onward=onward(judge, hops=99)
            ).trouble
            is Trouble.REDIRECT
        )
        assert there.connections == 4


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_redirect_that_would_lose_the_body_is_not_followed(judge: Judge, status: int) -> None:
    with receiver(answering(redirect("/y", status))) as there:
        assert (
            failure(way_to_here(f"http://127.0.0.1:{there.port}/x", judge), onward=onward(judge)).trouble
            is Trouble.REDIRECT
        )
        assert there.connections == 1


# --- the caller's mistakes


def test_a_way_is_taken_at_once_or_not_at_all(judge: Judge) -> None:
    with receiver(answering(OK)) as there:
        way = way_to_here(f"http://127.0.0.1:{there.port}/x", judge)
        old = replace(way, judged_at=way.judged_at - FRESH_SECONDS - 1)
        assert failure(old).trouble is Trouble.LATE
        assert there.connections == 0


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding", "Connection"])
def test_headers_of_the_connection_are_the_clients_own(judge: Judge, name: str) -> None:
    with receiver(answering(OK)) as there:
        way = way_to_here(f"http://127.0.0.1:{there.port}/x", judge)
        with pytest.raises(ValueError, match="sets these headers itself"):
            send(way, "POST", headers={name: "vendor.example"})
        assert there.requests == []


@pytest.mark.parametrize("value", ["a\r\nHost: vendor.example", "a\nb"])
def test_a_header_with_an_end_of_line_is_not_sent(judge: Judge, value: str) -> None:
    with receiver(answering(OK)) as there:
        way = way_to_here(f"http://127.0.0.1:{there.port}/x", judge)
        with pytest.raises((ValueError, NotSent)):
            send(way, "POST", headers={"webhook-id": value})
        assert "vendor.example" not in str(there.requests)

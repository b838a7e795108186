"""The demo's time-stamping authority: its key, its answers over HTTP, and what it refuses."""

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.timestamps.tokens import TokenRefused, open_token, parse_roots, request_for
from ringfence.embedded.authority import AuthorityServer
from ringfence.embedded.errors import EmbeddedError
from tests.audit.authority import OPENSSL

CONTENT = b"what is stamped\n"
QUERY = "application/timestamp-query"


def asked(server: AuthorityServer, body: bytes, kind: str = QUERY) -> bytes:
    request = urllib.request.Request(server.url, body, {"Content-Type": kind})  # noqa: S310 - our own
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own
        assert answer.headers["Content-Type"] == "application/timestamp-reply"
        return bytes(answer.read())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuthorityServer]:
    var = tmp_path_factory.mktemp("var")
    made = AuthorityServer(var / "authority")
    made.prepare()
    command = [sys.executable, "-m", "ringfence.embedded.authority", "run", "--var", str(var)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        until = time.monotonic() + 60
        while True:
            try:
                asked(made, b"")
                break
            except urllib.error.URLError:
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.05)
        yield made
        process.terminate()


def test_what_it_stamps_holds_below_the_root_that_it_shows(server: AuthorityServer) -> None:
    request = request_for(CONTENT)
    roots = parse_roots(server.root.read_bytes())
    stamp = open_token(asked(server, request.as_bytes()), CONTENT, roots, nonce=request.nonce)
    assert "worth nothing" in stamp.authority


@pytest.mark.skipif(OPENSSL is None, reason="no openssl on this machine, which is asked here")
def test_openssl_asks_it_and_believes_it(server: AuthorityServer, tmp_path: Path) -> None:
    def openssl(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([OPENSSL or "", "ts", *words], cwd=tmp_path, capture_output=True, text=True)

    (tmp_path / "content").write_bytes(CONTENT)
    assert openssl("-query", "-data", "content", "-sha256", "-cert", "-out", "query").returncode == 0
    (tmp_path / "reply").write_bytes(asked(server, (tmp_path / "query").read_bytes()))
    done = openssl("-verify", "-queryfile", "query", "-in", "reply", "-CAfile", str(server.root))
    assert done.returncode == 0, done.stderr
    assert openssl("-query", "-data", "content", "-sha512", "-out", "query").returncode == 0
    with pytest.raises(TokenRefused, match="status 2: only SHA-256"):
        open_token(asked(server, (tmp_path / "query").read_bytes()), CONTENT, ())


@pytest.mark.parametrize(("body", "kind", "status"), [(b"x", "text/plain", 415), (bytes(5_000), QUERY, 413)])
def test_what_is_no_request_is_not_answered(
    server: AuthorityServer, body: bytes, kind: str, status: int
) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        asked(server, body, kind)
    with refused.value:
        assert refused.value.code == status


@pytest.mark.parametrize("body", [b"", b"\x30", b"\x30\x00", b"nonsense", b"\x30" * 500])
def test_nonsense_is_refused_in_its_own_words(server: AuthorityServer, body: bytes) -> None:
    with pytest.raises(TokenRefused, match="refuses with status 2: not a time-stamp request"):
        open_token(asked(server, body), CONTENT, ())


def test_keys_are_made_once_and_are_nobody_elses_to_read(tmp_path: Path) -> None:
    made = AuthorityServer(tmp_path / "a")
    with pytest.raises(EmbeddedError, match="prepared"):
        _ = made.url
    made.prepare()
    root, url = made.root.read_bytes(), made.url
    made.prepare()
    assert (made.root.read_bytes(), made.url) == (root, url)
    made.prepare(anew=True)
    assert made.root.read_bytes() == root
    modes = {path.name: path.stat().st_mode & 0o777 for path in made.directory.iterdir()}
    assert set(modes.values()) == {0o600}
    assert made.directory.stat().st_mode & 0o777 == 0o700
    (made.directory / "signer.key").write_text("nothing")
    with pytest.raises(EmbeddedError, match="cannot be read"):
        made.serve()

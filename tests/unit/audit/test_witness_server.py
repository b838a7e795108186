"""The witness over HTTP and as a process of its own: hostile bodies, dawdlers, kills at random."""

import hashlib
import http.client
import os
import random
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from audit.merkle import tree_head
from audit.notes import Vkey, open_note, sign_note
from audit.witness import server as serving
from audit.witness.__main__ import main
from audit.witness.memory import Witness
from audit.witness.server import WitnessServer
from tests.unit.audit.making import LOG, Signer
from tests.unit.audit.witnessing import FORK, HASHES, NAME, NOW, REPO, TRUSTED, answer, body, text_of


@pytest.fixture
def witness(tmp_path):
    return Witness(tmp_path / "w", NAME, TRUSTED, clock=lambda: NOW)


@contextmanager
def served(witness, prefix="/w"):
    with WitnessServer(("127.0.0.1", 0), witness, prefix=prefix) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def ask(port, method, path, content=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, content)
        response = connection.getresponse()
        return response.status, response.getheader("Content-Type"), response.read()
    finally:
        connection.close()


def test_the_conversation_over_http(witness):
    digest = hashlib.sha256(LOG.name.encode()).hexdigest()
    with served(witness) as port:
        assert ask(port, "GET", f"/w/{digest}/checkpoint")[0] == 404
        status, kind, lines = ask(port, "POST", "/w/add-checkpoint", body(0, 7))
        assert (status, kind) == (200, "text/plain; charset=utf-8")
        assert ask(port, "POST", "/w/add-checkpoint", body(3, 9)) == (409, "text/x.tlog.size", b"7\n")
        assert ask(port, "POST", "/w/add-checkpoint", b"old")[0] == 400
        assert ask(port, "POST", "/add-checkpoint", body(7, 9))[0] == 404
        assert ask(port, "PUT", "/w/add-checkpoint", body(7, 9))[0] == 501
        status, kind, note = ask(port, "GET", f"/w/{digest}/checkpoint")
        assert (status, kind) == (200, "text/plain; charset=utf-8")
        assert note == sign_note(text_of(7), [LOG]) + lines
        for path in (
            "/",
            "/w",
            f"/w/{digest}",
            f"/w/{digest[:-1]}0/checkpoint",
            f"/w/{digest.upper()}/checkpoint",
        ):
            assert ask(port, "GET", path)[0] == 404


def test_what_a_stranger_adds_to_a_note_is_not_served(witness):
    junk = Signer("junk.example", b"\x09" * 32)
    answer(witness, body(0, 7, signers=[junk, LOG, LOG]))
    note = witness.newest(hashlib.sha256(LOG.name.encode()).hexdigest())
    assert b"junk" not in note
    assert note.count(LOG.sign(text_of(7).encode()).encode()) == 1
    open_note(note, [Vkey.parse(LOG.vkey), *witness.vkeys])


RAW = {
    "no length": (b"", 411),
    "two lengths": (b"Content-Length: 3\r\nContent-Length: 4\r\n", 411),
    "a length with a sign": (b"Content-Length: +3\r\n", 411),
    "a chunked body": (b"Transfer-Encoding: chunked\r\n", 411),
    "a length beyond all bounds": (b"Content-Length: 262145\r\n", 413),
    "a length of many digits": (b"Content-Length: 99999999999\r\n", 411),
}


@pytest.mark.parametrize("what", RAW)
def test_a_body_without_a_plain_length_is_not_read(witness, what):
    header, status = RAW[what]
    with served(witness) as port, socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.sendall(b"POST /w/add-checkpoint HTTP/1.1\r\nHost: w\r\n" + header + b"\r\n")
        assert line.recv(64).startswith(b"HTTP/1.0 %d " % status)


def test_whoever_dawdles_is_hung_up_on_and_holds_nobody_else_up(witness, monkeypatch):
    monkeypatch.setattr(serving, "LONGEST_SECONDS", 0.5)
    with served(witness) as port, socket.create_connection(("127.0.0.1", port), timeout=60) as slow:
        slow.sendall(b"POST /w/add-checkpoint HTTP/1.1\r\nContent-Length: 500\r\n\r\nold 0")
        while slow.recv(1024):
            pass
        assert ask(port, "POST", "/w/add-checkpoint", body(0, 7))[0] == 200


def test_beyond_its_places_a_connection_is_closed_and_a_place_comes_back(witness, monkeypatch):
    monkeypatch.setattr(serving, "MOST_AT_ONCE", 1)
    with served(witness) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as held:
            held.sendall(b"POST /w/add-checkpoint HTTP/1.1\r\n")
            with socket.create_connection(("127.0.0.1", port), timeout=60) as second:
                assert second.recv(16) == b""
        for _ in range(1_000):
            try:
                assert ask(port, "POST", "/w/add-checkpoint", body(0, 7))[0] == 200
                break
            except (http.client.HTTPException, OSError):
                time.sleep(0.02)
        else:
            pytest.fail("the place never came back")


@contextmanager
def process(folder, *more):
    """Run the standalone form where neither Django nor psycopg can be imported."""
    blocked = (
        "import sys; sys.modules.update(dict.fromkeys(('django', 'psycopg', 'ringfence', 'tenants')));"
        "from audit.witness.__main__ import main; sys.exit(main())"
    )
    command = [
        sys.executable,
        "-c",
        blocked,
        "--dir",
        str(folder),
        "--name",
        NAME,
        "--trust",
        LOG.vkey,
        *more,
    ]
    child = subprocess.Popen(
        command,
        cwd=REPO,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"]},
    )
    try:
        vkeys = [Vkey.parse(child.stdout.readline().strip()) for _ in range(2)]
        yield child, vkeys, int(child.stdout.readline().rpartition(":")[2])
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def test_the_standalone_form_needs_cryptography_alone_prints_its_keys_and_ends_cleanly(tmp_path):
    with process(tmp_path / "w", "--listen", "127.0.0.1:0") as (child, vkeys, port):
        status, _, lines = ask(port, "POST", "/add-checkpoint", body(0, 7))
        assert status == 200
        note = open_note(f"{text_of(7)}\n".encode() + lines, vkeys)
        assert {each.name for each in note.verified} == {NAME}
        child.terminate()
        assert child.wait(60) == 0


def test_killed_at_random_it_never_cosigns_two_roots_for_one_size(tmp_path):
    """A log that lies sends two histories by turns while the witness is killed; the seed is printed."""
    seed = int(os.environ.get("TEST_SEED", "0")) or random.SystemRandom().randrange(2**32)
    print(f"TEST_SEED={seed}")
    chance = random.Random(seed)
    cosigned: dict[int, set[bytes]] = {}
    known = 0
    for _ in range(4):
        with process(tmp_path / "w", "--listen", "127.0.0.1:0") as (child, _, port):
            timer = threading.Timer(chance.uniform(0.0, 0.25), child.kill)
            timer.start()
            try:
                while True:
                    hashes = chance.choice((HASHES, FORK))
                    new = min(known + chance.randrange(3), 40)
                    status, _, said = ask(port, "POST", "/add-checkpoint", body(known, new, hashes))
                    if status == 200:
                        cosigned.setdefault(new, set()).add(tree_head(hashes[:new]))
                        known = new
                    elif status == 409:
                        known = int(said)
            except (OSError, http.client.HTTPException):
                pass
            timer.cancel()
    assert all(len(roots) == 1 for roots in cosigned.values()), cosigned
    witness = Witness(tmp_path / "w", NAME, TRUSTED)
    size = max(cosigned, default=0)
    if size:
        assert answer(witness, body(0, size))[0] == 409, "nothing begins anew"
        kept = int(answer(witness, body(1, 40) if known != 1 else body(2, 40))[1])
        assert kept >= size, "no cosigned size is forgotten"


@pytest.mark.parametrize(
    "wrong",
    [["--trust", "words"], ["--listen", "nowhere"], ["--listen", "127.0.0.1:99999"], ["--name", "a+b"]],
)
def test_a_witness_that_cannot_begin_says_why(tmp_path, wrong, capsys):
    given = ["--dir", str(tmp_path / "w"), "--name", NAME, "--trust", LOG.vkey, *wrong]
    assert main(given) == 2
    assert capsys.readouterr().err

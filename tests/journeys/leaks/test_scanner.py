"""The scanner finds what is planted, in every disguise and at every place in a file, and nothing else."""

import base64
import os
import random
import subprocess
import sys

import pytest

from tests.journeys.leaks.scanner import Marker, Scanner, disguises, files_below, pieces, process_words

TEXT = 'She said: "naïve café 日本", twice/then ~left+again'
MARKER = Marker("a remark", TEXT)
DICE = random.Random(7)
NOISE = DICE.randbytes(70_000)


@pytest.fixture
def scanner(tmp_path):
    return Scanner([MARKER, Marker("another", "nobody ever writes this one")], tmp_path)


@pytest.mark.parametrize(
    ("disguise", "planted"), [each for piece in pieces(TEXT) for each in disguises(piece).items()]
)
@pytest.mark.parametrize("where", ["begin", "middle", "end", "across a page"])
def test_it_is_found(scanner, tmp_path, disguise, planted, where):
    at = {"begin": 0, "middle": 30_001, "end": len(NOISE), "across a page": 8192 - 9}[where]
    file = tmp_path / "found in"
    file.write_bytes(NOISE[:at] + planted + NOISE[at:])

    hits = scanner.files([file])

    assert [(hit.marker, hit.disguise, hit.place) for hit in hits] == [("a remark", disguise, str(file))]


@pytest.mark.parametrize("shift", range(3))
def test_base64_is_found_whatever_stands_around_it(scanner, tmp_path, shift):
    around = base64.b64encode(NOISE[:shift] + TEXT.encode() + NOISE[:5])
    assert {hit.marker for hit in scanner.content(around, "here")} == {"a remark"}


def test_noise_holds_nothing(scanner, tmp_path):
    file = tmp_path / "noise"
    file.write_bytes(NOISE)
    assert scanner.files([file]) == []
    assert scanner.content(b"nobody ever writes that one", "here") == []


def test_a_marker_that_chance_could_write_is_refused(tmp_path):
    with pytest.raises(ValueError, match="too short"):
        Scanner([Marker("short", "yes")], tmp_path)


def test_hidden_and_deep_files_are_looked_at_and_links_are_not_followed(scanner, tmp_path):
    tree = tmp_path / "tree"
    (tree / "deep" / "er").mkdir(parents=True)
    (tree / "mail").mkdir()
    for name in ("deep/er/.hidden", "mail/letter"):
        (tree / name).write_text(TEXT)
    (tree / "link").symlink_to(tree / "mail" / "letter")

    hits = scanner.files(files_below(tree, but=[tree / "mail"]))

    assert {hit.place for hit in hits} == {str(tree / "deep/er/.hidden")}


@pytest.mark.parametrize("where", ["environ", "cmdline"])
def test_a_process_that_carries_it_is_found(scanner, where):
    words = [TEXT] if where == "cmdline" else []
    environment = {**os.environ, "PLANTED": TEXT} if where == "environ" else None
    program = [sys.executable, "-c", "print(flush=True); input()", *words]
    with subprocess.Popen(program, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        hits = scanner.files(process_words([process.pid]))
        process.communicate(b"\n")
    assert {hit.place for hit in hits} == {f"/proc/{process.pid}/{where}"}

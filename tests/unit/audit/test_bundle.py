"""Bundles: one file for one content, and a writer that exports nothing which will not verify."""

import io
import json

import pytest

from audit import bundle
from audit.archive import ArchiveWriter, read_archive
from audit.bundle import Entry, write_selection, write_whole_log
from audit.errors import Malformed, NoteRejected, ProofRejected
from audit.merkle import inclusion_path
from audit.notes import sign_note
from tests.unit.audit.making import FORGER, LOG, WITNESS, MadeLog, members_of, packed

MADE = MadeLog(300)
WHOLE = MADE.whole()
SELECTION = MADE.selection([0, 7, 256, 299], since=200)


@pytest.mark.parametrize("content", [WHOLE, SELECTION])
def test_another_zip_reader_finds_the_same_members_in_order(content):
    ours = {name: bytes(member) for name, member in read_archive(memoryview(content)).items()}
    assert members_of(content) == ours
    assert list(ours) == sorted(ours)
    assert packed(ours) == content


def test_a_whole_log_is_a_tlog_tiles_directory():
    names = [name for name in members_of(WHOLE) if name.startswith("tile/")]
    assert names == [
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/44",
    ]


def test_a_selection_has_a_leaf_and_a_proof_for_each_event():
    names = [name for name in members_of(SELECTION) if "0000" in name]
    assert names == [
        "bodies/000000000000.jsonl",
        "bodies/000000000001.jsonl",
        *(f"leaves/{n:012d}" for n in (0, 7, 256, 299)),
        *(f"proofs/{n:012d}.tlog-proof" for n in (0, 7, 256, 299)),
    ]


def test_the_same_content_is_the_same_file():
    assert MADE.whole() == WHOLE
    assert MADE.selection([0, 7, 256, 299], since=200) == SELECTION


def test_the_manifest_counts_what_is_there():
    stated = json.loads(members_of(WHOLE)["manifest.json"])
    assert stated["events"] == {
        "count": 300,
        "first_index": 0,
        "last_index": 299,
        "first_ms": 1_700_000_000_000,
        "last_ms": 1_700_000_000_299,
    }
    assert stated["disclosed"] == {"core": 200, "pii": 200}


def entries(count=300):
    return [MADE.entry(n) for n in range(count)]


@pytest.mark.parametrize(
    "wrong",
    [
        entries(299),
        entries()[1:],
        [*entries()[:9], *entries()[10:]],
        [*entries()[:9], MADE.entry(10), MADE.entry(9), *entries()[11:]],
        [*entries(), Entry(300, MADE.leaves[0].encoded)],
        [*entries()[:9], Entry(9, MADE.leaves[8].encoded), *entries()[10:]],
        [*entries()[:9], Entry(9, MADE.leaves[9].encoded, MADE.leaves[8].core_opening), *entries()[10:]],
    ],
)
def test_a_whole_log_with_other_entries_is_not_written(wrong):
    with pytest.raises(ProofRejected):
        write_whole_log(io.BytesIO(), policy=MADE.policy, checkpoint=MADE.checkpoint(), entries=wrong)


def test_a_selection_with_a_wrong_path_or_order_is_not_written():
    path = inclusion_path(MADE.hashes, 5)
    for wrong in (
        [MADE.entry(6, path=path)],
        [MADE.entry(5, path=path[:-1])],
        [MADE.entry(5, path=path), MADE.entry(5, path=path)],
        [MADE.entry(6, path=inclusion_path(MADE.hashes, 6)), MADE.entry(5, path=path)],
    ):
        with pytest.raises(ProofRejected):
            write_selection(io.BytesIO(), policy=MADE.policy, checkpoint=MADE.checkpoint(), entries=wrong)
    with pytest.raises(ProofRejected):
        write_selection(
            io.BytesIO(),
            policy=MADE.policy,
            checkpoint=MADE.checkpoint(),
            entries=[],
            since=MADE.checkpoint(200),
            consistency=[],
        )


def test_a_checkpoint_by_another_key_or_with_a_stray_line_is_not_exported():
    text = MADE.checkpoint().decode().split("\n\n")[0] + "\n"
    with pytest.raises(NoteRejected):
        write_whole_log(
            io.BytesIO(), policy=MADE.policy, checkpoint=sign_note(text, [FORGER]), entries=entries()
        )
    with pytest.raises(Malformed):
        write_whole_log(
            io.BytesIO(), policy=MADE.policy, checkpoint=sign_note(text, [LOG, WITNESS]), entries=entries()
        )


def test_what_is_disclosed_never_waits_in_a_spool(monkeypatch):
    kept = []
    spooled = bundle._Spool.put
    monkeypatch.setattr(
        bundle._Spool, "put", lambda self, name, content: (kept.append(content), spooled(self, name, content))
    )
    MADE.whole()
    MADE.selection([3])
    assert kept
    assert not [content for content in kept if b"person-" in content or b"task" in content]


@pytest.mark.parametrize("name", ["a", "b", "../c", "/c", "c//d", "c/", "", "ü", "c d", "c" * 121])
def test_a_writer_refuses_names_out_of_order_or_out_of_the_folder(name):
    archive = ArchiveWriter(io.BytesIO())
    archive.add("b", b"")
    archive.add("c", b"")
    with pytest.raises(Malformed):
        archive.add(name, b"")
    archive.add("c/d", b"")


def test_every_flipped_byte_of_an_archive_is_malformed():
    content = packed({"a": b"one", "b/c": b"", "d": b"two" * 9})
    for at in range(len(content)):
        for flip in (1, 0x80, 0xFF):
            changed = content[:at] + bytes([content[at] ^ flip]) + content[at + 1 :]
            with pytest.raises(Malformed):
                read_archive(memoryview(changed))
    for cut in range(len(content)):
        with pytest.raises(Malformed):
            read_archive(memoryview(content[:cut]))
    for more in (content + b"\0", b"\0" + content, content + content):
        with pytest.raises(Malformed):
            read_archive(memoryview(more))

"""Tiles: their names, their contents at any size, and proofs read from them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import merkle, tiles
from audit.errors import Malformed, ProofRejected
from audit.tiles import Edge, parse_entry_bundle, parse_tile_path, tile_path
from tests.unit.audit.making import numbers

LEAVES = numbers(70_000)


@pytest.mark.parametrize(
    ("where", "path"),
    [
        ((0, 5), "tile/0/005"),
        ((0, 1000), "tile/0/x001/000"),
        ((3, 1_234_067), "tile/3/x001/x234/067"),
        ((63, 0, 1), "tile/63/000.p/1"),
        ((0, 273, 112), "tile/0/273.p/112"),
        (("entries", 999, 255), "tile/entries/999.p/255"),
        ((0, 2**63 - 1), "tile/0/x009/x223/x372/x036/x854/x775/807"),
    ],
)
def test_a_tile_has_one_path(where, path):
    assert tile_path(*where) == path
    assert parse_tile_path(path) == (*where, None)[:3]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0",
        "tile/0/5",
        "tile/0/0005",
        "tile/00/005",
        "tile/64/005",
        "tile/-1/005",
        "tile/data/005",
        "/tile/0/005",
        "tile/0/005/",
        "tile/0/005\n",
        "tile/0/x005",
        "tile/0/001/000",
        "tile/0/x000/005",
        "tile/0/005.p/0",
        "tile/0/005.p/01",
        "tile/0/005.p/256",
        "tile/0/005.p",
        "tile/0/００５",
        "tile/0/../005",
        "tile/0/x009/x223/x372/x036/x854/x775/808",
        "tile/0/x001/x000/x000/x000/x000/x000/x000/000",
    ],
)
def test_another_path_is_no_tiles(path):
    with pytest.raises(Malformed):
        parse_tile_path(path)


@pytest.mark.parametrize("where", [(-1, 0), (64, 0), (0, -1), (0, 2**63), (0, 0, 0), (0, 0, 256), (0, 0, -1)])
def test_there_is_no_path_of_no_tile(where):
    with pytest.raises(Malformed):
        tile_path(*where)


def test_an_entry_bundle_is_read_as_it_was_written():
    for leaves in ([b""], [b"a", b"", b"c" * 65_535], [b"x"] * 256):
        assert parse_entry_bundle(tiles.build_entry_bundle(leaves)) == leaves
    for leaves in ([], [b"x"] * 257, [b"x" * 65_536]):
        with pytest.raises(Malformed):
            tiles.build_entry_bundle(leaves)


@pytest.mark.parametrize(
    "content", [b"", b"\0", b"\0\1", b"\0\0\0", b"\0\5four", b"\xff\xff" + b"a" * 65_534]
)
def test_an_entry_bundle_that_ends_early_is_malformed(content):
    with pytest.raises(Malformed):
        parse_entry_bundle(content)


def test_an_entry_bundle_holds_at_most_256():
    assert len(parse_entry_bundle(b"\0\0" * 256)) == 256
    with pytest.raises(Malformed):
        parse_entry_bundle(b"\0\0" * 257)


def stored_after(*batches):
    """Append batches of leaves; return the last edge and every full tile by place."""
    edge, full, at = Edge(), {}, 0
    for batch in batches:
        edge, new = Edge.from_bytes(edge.to_bytes(), size=edge.size).append(LEAVES[at : at + batch])
        full |= {(tile.level, tile.index): tile.hashes for tile in new}
        at += batch
    return edge, full


def test_size_70000_has_the_tiles_that_the_text_says():
    edge, full = stored_after(70_000)
    assert sorted(full) == [*((0, n) for n in range(273)), (1, 0)]
    assert [tile.path for tile in edge.partial_tiles] == [
        "tile/0/273.p/112",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    ]
    assert edge.partials[2] == merkle.tree_head(LEAVES[:65_536])
    assert full[1, 0][32:64] == merkle.tree_head(LEAVES[256:512])


def test_size_256_has_a_full_tile_and_one_hash_above_it():
    edge, full = stored_after(256)
    assert list(full) == [(0, 0)]
    assert [tile.path for tile in edge.partial_tiles] == ["tile/1/000.p/1"]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 700), max_size=8))
def test_tiles_do_not_depend_on_how_the_leaves_were_batched(batches):
    assert stored_after(*batches) == stored_after(sum(batches))


def reader_of(size):
    edge, full = stored_after(size)
    stored = full | {(tile.level, tile.index): tile.hashes for tile in edge.partial_tiles}
    read = []

    def read_tile(level, index, width):
        read.append((level, index))
        return stored[level, index][: width * 32]

    return read_tile, stored, read


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 65_535, 65_536, 65_537, 70_000])
def test_proofs_from_tiles_are_those_from_leaves(size):
    read_tile, _, read = reader_of(size)
    head = merkle.tree_head(LEAVES[:size])
    for index in sorted({0, size // 3, size - 1, min(255, size - 1), min(256, size - 1)}):
        read.clear()
        node = tiles.node_reader(read_tile, size=size)
        assert merkle.head_from(node, size) == head
        path = merkle.inclusion_path_from(node, index=index, size=size)
        merkle.check_inclusion(path, index=index, size=size, leaf=LEAVES[index], head=head)
        old_head = merkle.head_from(node, index)
        steps = merkle.consistency_path_from(node, old_size=index, new_size=size)
        merkle.check_consistency(steps, old_size=index, old_head=old_head, new_size=size, new_head=head)
        assert len(read) == len(set(read)) <= 12


def test_a_flipped_byte_in_any_tile_that_a_proof_reads_is_noticed():
    size, index = 70_000, 300
    read_tile, stored, read = reader_of(size)
    head = merkle.tree_head(LEAVES[:size])

    def path_now():
        return merkle.inclusion_path_from(tiles.node_reader(read_tile, size=size), index=index, size=size)

    right = path_now()
    places = set(read)
    assert {level for level, _ in places} == {0, 1}
    for place in places:
        good, noticed = stored[place], 0
        for at in range(0, len(good), 32):
            stored[place] = good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]
            if (path := path_now()) != right:
                noticed += 1
                with pytest.raises(ProofRejected):
                    merkle.check_inclusion(path, index=index, size=size, leaf=LEAVES[index], head=head)
        stored[place] = good
        # All hashes of a tile but the one below which the leaf lies, or those of its used part.
        assert noticed >= min(len(good) // 32 - 1, 1)


def test_a_short_tile_or_a_node_outside_the_tree_is_refused():
    read_tile, stored, _ = reader_of(300)
    stored[0, 1] = stored[0, 1][:-1]
    read = tiles.node_reader(read_tile, size=300)
    for level, index in ((0, 256), (0, 300), (5, 9), (8, 1)):
        with pytest.raises((ProofRejected, KeyError)):
            read(level, index)


def test_an_edge_of_another_size_is_malformed():
    edge, _ = stored_after(300)
    for content, size in (
        (edge.to_bytes(), 301),
        (edge.to_bytes()[:-1], 300),
        (b"", 1),
        (b"\0", 0),
        (b"", -1),
    ):
        with pytest.raises(Malformed):
            Edge.from_bytes(content, size=size)
    with pytest.raises(Malformed):
        edge.append([b"short"])

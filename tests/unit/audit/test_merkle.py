"""The tree against its recursive definition, and every wrong claim of small trees."""

import hashlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import merkle
from audit.errors import Malformed
from audit.frontier import Frontier
from audit.merkle import ProofRejected, check_consistency, check_inclusion
from tests.unit.audit.making import numbers

# RFC 6962 section 2.1, written as the text has it and sharing no code with the subject.


def mth(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = largest_power_below(len(leaves))
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def largest_power_below(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def path(m, leaves):
    if len(leaves) == 1:
        return []
    k = largest_power_below(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m, leaves, whole):
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = largest_power_below(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def test_published_roots():
    assert merkle.tree_head([]).hex().startswith("e3b0c44298fc1c14")
    assert merkle.leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    three = [merkle.leaf_hash(each) for each in (b"alpha", b"beta", b"gamma")]
    assert [each.hex()[:16] for each in three] == ["2a158d8afd48e3f8", "e23537b050e84af2", "4c79d0d62f7cf5ca"]
    assert merkle.tree_head(three[:2]).hex() == (
        "983cb57c04cddd52634edab38a7bef85708a974f114bbd9aa9ec5d4ce6656b4b"
    )
    assert merkle.tree_head(three).hex() == "385da30f3917282c8939dff851957e519ab1846b1351a14c0adb3b11632742aa"
    assert merkle.consistency_path(three, 2) == [three[2]]


def every_pair(largest):
    leaves = numbers(largest)
    heads = [mth(leaves[:n]) for n in range(largest + 1)]
    frontier = Frontier()
    for n in range(1, largest + 1):
        frontier = frontier.append(leaves[n - 1 : n])
        assert merkle.tree_head(leaves[:n]) == frontier.head == heads[n]
        for m in range(n):
            proof = merkle.inclusion_path(leaves[:n], m)
            assert proof == path(m, leaves[:n])
            check_inclusion(proof, index=m, size=n, leaf=leaves[m], head=heads[n])
        for m in range(n + 1):
            proof = merkle.consistency_path(leaves[:n], m)
            assert proof == (subproof(m, leaves[:n], True) if m else [])
            check_consistency(proof, old_size=m, old_head=heads[m], new_size=n, new_head=heads[n])


def test_every_pair_of_sizes_to_70_is_as_the_definition_has_it():
    every_pair(70)


@pytest.mark.long
def test_every_pair_of_sizes_to_300_is_as_the_definition_has_it():
    every_pair(300)


def test_every_pair_of_sizes_to_130_proves_and_no_neighbour_does():
    leaves = numbers(130)
    heads = [merkle.tree_head(leaves[:n]) for n in range(131)]
    for n in range(1, 131):
        read = merkle._reader_over(leaves[:n])
        for m in range(n):
            proof = merkle.inclusion_path_from(read, index=m, size=n)
            check_inclusion(proof, index=m, size=n, leaf=leaves[m], head=heads[n])
            refused(check_inclusion, proof, index=m, size=n, leaf=leaves[m - 1], head=heads[n], unless=n == 1)
            refused(check_inclusion, proof, index=m, size=n, leaf=leaves[m], head=heads[n - 1])
        for m in range(1, n):
            proof = merkle.consistency_path_from(read, old_size=m, new_size=n)
            sizes = {"old_size": m, "new_size": n}
            check_consistency(proof, **sizes, old_head=heads[m], new_head=heads[n])
            refused(check_consistency, proof, **sizes, old_head=heads[m - 1], new_head=heads[n])
            refused(check_consistency, proof, **sizes, old_head=heads[m], new_head=heads[n - 1])


def refused(check, *args, unless=False, **claim):
    if not unless:
        with pytest.raises(ProofRejected):
            check(*args, **claim)


def test_every_wrong_inclusion_claim_of_small_trees_is_refused():
    leaves = numbers(9)
    stranger = merkle.leaf_hash(b"stranger")
    for n in range(1, 9):
        head = merkle.tree_head(leaves[:n])
        for m in range(n):
            proof = merkle.inclusion_path(leaves[:n], m)
            good = {"index": m, "size": n, "leaf": leaves[m], "head": head}
            for wrong in mutated_paths(proof, stranger):
                refused(check_inclusion, wrong, **good)
            for other in (-1, n, n + 1, *(each for each in range(n) if each != m)):
                refused(check_inclusion, proof, **{**good, "index": other})
            for size in (-1, 0, m):
                refused(check_inclusion, proof, **{**good, "size": size})
            for name in ("leaf", "head"):
                for value in (stranger, b"", good[name][:31], good[name] + b"\0"):
                    refused(check_inclusion, proof, **{**good, name: value})


def test_every_wrong_consistency_claim_of_small_trees_is_refused():
    leaves = numbers(10)
    stranger = merkle.leaf_hash(b"stranger")
    heads = [merkle.tree_head(leaves[:n]) for n in range(11)]
    for m, n in itertools.combinations_with_replacement(range(11), 2):
        proof = merkle.consistency_path(leaves[:n], m)
        good = {"old_size": m, "old_head": heads[m], "new_size": n, "new_head": heads[n]}
        check_consistency(proof, **good)
        for wrong in mutated_paths(proof, stranger):
            refused(check_consistency, wrong, **good)
        refused(check_consistency, proof, **{**good, "old_size": n + 1})
        refused(check_consistency, proof, **{**good, "old_size": -1})
        for name in ("old_head", "new_head"):
            # An empty old tree says nothing about the new one, whatever its root.
            anything = name == "new_head" and m == 0 and n > 0
            refused(check_consistency, proof, **{**good, name: stranger}, unless=anything)
            refused(check_consistency, proof, **{**good, name: good[name][:31]})


def test_a_proof_longer_than_the_tree_is_deep_is_not_even_hashed():
    leaves = numbers(4)
    for size in range(1, 5):
        head = merkle.tree_head(leaves[:size])
        longer = [*merkle.inclusion_path(leaves[:size], 0), leaves[0]]
        with pytest.raises(ProofRejected, match="too long"):
            check_inclusion(longer, index=0, size=size, leaf=leaves[0], head=head)
        longer = [*merkle.consistency_path(leaves[:size], 1), leaves[0]]
        with pytest.raises(ProofRejected, match=r"too (long|many)"):
            check_consistency(longer, old_size=1, old_head=leaves[0], new_size=size, new_head=head)


def mutated_paths(proof, stranger):
    yield [*proof, stranger]
    yield [stranger, *proof]
    for at in range(len(proof)):
        yield proof[:at] + proof[at + 1 :]
        yield [*proof[:at], stranger, *proof[at + 1 :]]
        yield [*proof[:at], proof[at][:31], *proof[at + 1 :]]
    if len(proof) > 1 and proof[::-1] != proof:
        yield proof[::-1]


def test_a_proof_is_refused_where_there_is_none_to_give():
    for index in (-1, 3, 4):
        with pytest.raises(ProofRejected):
            merkle.inclusion_path(numbers(3), index)
    for old_size in (-1, 4):
        with pytest.raises(ProofRejected):
            merkle.consistency_path(numbers(3), old_size)


class AllAlike:
    """A tree of any size whose leaves are all the same, so that a node is known by its level."""

    def __init__(self):
        self.levels = [merkle.leaf_hash(b"same")]

    def __call__(self, level, index):
        while len(self.levels) <= level:
            self.levels.append(merkle.node_hash(self.levels[-1], self.levels[-1]))
        return self.levels[level]


@given(st.integers(1, 2**40), st.data())
def test_trees_of_up_to_a_trillion_leaves(size, data):
    read = AllAlike()
    head = merkle.head_from(read, size)
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_path_from(read, index=index, size=size)
    check_inclusion(proof, index=index, size=size, leaf=read(0, index), head=head)
    old_size = data.draw(st.integers(1, size))
    old_head = merkle.head_from(read, old_size)
    steps = merkle.consistency_path_from(read, old_size=old_size, new_size=size)
    check_consistency(steps, old_size=old_size, old_head=old_head, new_size=size, new_head=head)
    refused(check_inclusion, proof, index=index, size=size, leaf=merkle.EMPTY_HEAD, head=head)


@given(st.lists(st.integers(0, 40), max_size=6))
def test_a_frontier_grows_alike_in_batches_of_any_size(batches):
    leaves = numbers(sum(batches))
    frontier, at = Frontier(), 0
    for batch in batches:
        frontier = Frontier.from_bytes(frontier.append(leaves[at : at + batch]).to_bytes())
        at += batch
    assert (frontier.size, frontier.head) == (len(leaves), merkle.tree_head(leaves))


@given(st.binary(max_size=120))
def test_a_frontier_of_any_bytes_is_read_or_malformed(content):
    try:
        assert Frontier.from_bytes(content).to_bytes() == content
    except Malformed:
        return


def test_a_frontier_has_one_hash_for_each_binary_one_of_its_size():
    whole = Frontier().append(numbers(5)).to_bytes()
    for wrong in (
        whole[:-1],
        whole[:-32],
        whole + b"\0" * 32,
        b"\0" * 8 + whole[8:],
        b"\xff" * 8 + whole[8:],
    ):
        with pytest.raises(Malformed):
            Frontier.from_bytes(wrong)

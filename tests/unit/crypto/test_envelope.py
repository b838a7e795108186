"""RF1: the frozen cell, the move test over every field, and the bulk path beside the plain one."""

import pickle
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.crypto import chunked, envelope
from ringfence.crypto.envelope import Binding, Sealer
from ringfence.crypto.errors import CannotOpen

KEY = b"\x11" * 32
DEK_ID = UUID(bytes=bytes(range(16)))
SALT = bytes(range(24))
HERE = Binding(
    tenant=UUID(bytes=b"\x22" * 16),
    purpose="data",
    table="annotation_task",
    column="payload",
    row=UUID(bytes=b"\x33" * 16),
)
FROZEN = bytes.fromhex(
    "52463101000102030405060708090a0b0c0d0e0f"
    "000102030405060708090a0b0c0d0e0f1011121314151617"
    "5830dcda612adcd4ca53d854e8e86199df1e515cba880ad298310d449fd06f66"
    "0873eb95f0c043757ee3bf3d5c65c77d5f4ce3e7da7c6b9bf5e9241e8b2d"
)
ELSEWHERE = {
    "tenant": replace(HERE, tenant=UUID(int=HERE.tenant.int ^ 1)),
    "purpose": replace(HERE, purpose="index"),
    "table": replace(HERE, table="annotation_item"),
    "column": replace(HERE, column="answer"),
    "row": replace(HERE, row=UUID(int=HERE.row.int ^ 1)),
    "version up": replace(HERE, version=2),
    "version down": replace(HERE, version=0),
    "tenant and row exchanged": replace(HERE, tenant=HERE.row, row=HERE.tenant),
    "table and column exchanged": replace(HERE, table=HERE.column, column=HERE.table),
    "a border moved": replace(HERE, table="annotation_taskp", column="ayload"),
}
REPEATABLE = settings(derandomize=True, database=None, deadline=None, max_examples=60)


def sealer_at(place: Binding, *, key: bytes = KEY, dek_id: UUID = DEK_ID) -> Sealer:
    return Sealer(key, dek_id, place.tenant, place.purpose, place.table, place.column)


def test_the_frozen_cell_is_reproduced():
    assert envelope.seal(KEY, DEK_ID, HERE, b"attack at dawn", salt=SALT) == FROZEN
    assert envelope.open_sealed(KEY, HERE, FROZEN) == b"attack at dawn"
    assert sealer_at(HERE).open(HERE.row, FROZEN) == b"attack at dawn"
    assert envelope.dek_id_of(FROZEN) == DEK_ID
    assert len(FROZEN) == envelope.OVERHEAD_BYTES + len(b"attack at dawn") == 92 + 14


@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_cell_moved_elsewhere_does_not_open(where):
    there = ELSEWHERE[where]

    with pytest.raises(CannotOpen):
        envelope.open_sealed(KEY, there, FROZEN)
    with pytest.raises(CannotOpen):
        sealer_at(there).open(there.row, FROZEN, there.version)
    assert envelope.seal(KEY, DEK_ID, there, b"attack at dawn", salt=SALT)[44:] != FROZEN[44:]


def test_another_key_or_another_key_id_does_not_open():
    relabelled = FROZEN[:4] + UUID(int=5).bytes + FROZEN[20:]

    for key, sealed in ((b"\x12" * 32, FROZEN), (KEY, relabelled)):
        with pytest.raises(CannotOpen):
            envelope.open_sealed(key, HERE, sealed)
        with pytest.raises(CannotOpen):
            sealer_at(HERE, key=key).open(HERE.row, sealed)
    with pytest.raises(CannotOpen):
        sealer_at(HERE, dek_id=UUID(int=5)).open(HERE.row, FROZEN)


def test_a_sealer_refuses_the_cell_of_another_data_key_even_if_the_rest_fits():
    # Key reuse under two ids, which the key room never does: the header alone must decide.
    other = envelope.seal(KEY, UUID(int=5), HERE, b"text")

    assert envelope.open_sealed(KEY, HERE, other) == b"text"
    with pytest.raises(CannotOpen):
        sealer_at(HERE).open(HERE.row, other)


@pytest.mark.parametrize("place", range(len(FROZEN)))
def test_every_changed_byte_of_a_cell_closes_it(place):
    for mask in (0x01, 0x80, 0xFF):
        changed = bytearray(FROZEN)
        changed[place] ^= mask
        with pytest.raises(CannotOpen):
            envelope.open_sealed(KEY, HERE, bytes(changed))
        with pytest.raises(CannotOpen):
            sealer_at(HERE).open(HERE.row, bytes(changed))


def test_a_cell_cut_at_any_length_is_refused():
    for length in range(len(FROZEN)):
        with pytest.raises(CannotOpen):
            envelope.open_sealed(KEY, HERE, FROZEN[:length])
        with pytest.raises(CannotOpen):
            sealer_at(HERE).open(HERE.row, FROZEN[:length])


def test_what_is_not_rf1_is_told_by_its_shape():
    assert envelope.is_rf1(FROZEN)
    assert envelope.is_rf1(memoryview(FROZEN))
    for not_rf1 in (
        b"",
        b"attack at dawn",
        b"RF1\x02" + FROZEN[4:],
        b"rf1\x01" + FROZEN[4:],
        FROZEN[:91],
        FROZEN + b"\x00" * (chunked.SEALED_CHUNK_BYTES - 30),  # ends where a last chunk must follow
        FROZEN + b"\x00" * (chunked.SEALED_CHUNK_BYTES - 30 + 15),
    ):
        assert not envelope.is_rf1(not_rf1)
        with pytest.raises(CannotOpen):
            envelope.dek_id_of(not_rf1)
    assert envelope.is_rf1(FROZEN[:92])
    assert envelope.is_rf1(FROZEN + b"\x00" * (chunked.SEALED_CHUNK_BYTES - 30 + 16))


NAMES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=40)
BINDINGS = st.builds(
    Binding, st.uuids(), NAMES, NAMES, NAMES, st.uuids(), version=st.integers(0, envelope.MAX_VERSION)
)


@REPEATABLE
@given(st.binary(min_size=32, max_size=32), st.uuids(), BINDINGS, st.binary(max_size=300))
def test_the_bulk_path_and_the_plain_one_open_each_other(key, dek_id, place, plaintext):
    sealer = sealer_at(place, key=key, dek_id=dek_id)
    by_sealer = sealer.seal(place.row, plaintext, place.version)
    plain = envelope.seal(key, dek_id, place, plaintext)

    assert envelope.open_sealed(key, place, by_sealer) == plaintext
    assert sealer.open(place.row, plain, place.version) == plaintext
    assert envelope.seal(key, dek_id, place, plaintext, salt=by_sealer[20:44]) == by_sealer


@REPEATABLE
@given(BINDINGS, BINDINGS)
def test_two_places_never_share_a_context(one, other):
    assert (envelope.context(DEK_ID, one) == envelope.context(DEK_ID, other)) == (one == other)


@pytest.mark.parametrize("length", [0, 16383, 16384, 40000])
def test_a_file_streamed_behind_a_header_is_the_same_cell(length):
    text = bytes(length)
    encryptor = chunked.Encryptor(KEY, SALT, envelope.context(DEK_ID, HERE))
    streamed = envelope.header(DEK_ID) + encryptor.update(text) + encryptor.finalize()

    assert streamed == envelope.seal(KEY, DEK_ID, HERE, text, salt=SALT)
    assert envelope.is_rf1(streamed)
    assert envelope.open_sealed(KEY, HERE, memoryview(streamed)) == text


def test_equal_plaintexts_give_unlike_cells():
    sealer = sealer_at(HERE)
    cells = [envelope.seal(KEY, DEK_ID, HERE, b"yes") for _ in range(50)]
    cells += [sealer.seal(HERE.row, b"yes") for _ in range(50)]

    assert len({cell[20:44] for cell in cells}) == 100
    assert len({cell[76:] for cell in cells}) == 100


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("purpose", ""),
        ("table", "tâche"),
        ("column", "a\nb"),
        ("table", "x" * 65536),
        ("version", -1),
        ("version", 2**64),
        ("version", True),
        ("version", 1.0),
        ("tenant", "22222222-2222-2222-2222-222222222222"),
        ("row", b"\x33" * 16),
    ],
)
def test_a_place_that_cannot_be_named_is_refused_before_sealing(field, value):
    with pytest.raises((ValueError, TypeError)):
        replace(HERE, **{field: value})


def test_a_sealer_refuses_what_a_binding_refuses():
    for names in (("", "t", "c"), ("p", "tâche", "c"), ("p", "t", "a\nb")):
        with pytest.raises(ValueError, match="ASCII"):
            Sealer(KEY, DEK_ID, HERE.tenant, *names)
    for version in (-1, 2**64, True):
        with pytest.raises((ValueError, TypeError)):
            sealer_at(HERE).seal(HERE.row, b"", version)
    for key in (KEY[:-1], b"", "1" * 32):
        with pytest.raises(ValueError, match="key"):
            sealer_at(HERE, key=key)


def test_wiping_the_key_does_not_make_a_sealer_seal_under_zeros():
    key = bytearray(KEY)
    sealer = Sealer(key, DEK_ID, HERE.tenant, HERE.purpose, HERE.table, HERE.column)
    key[:] = bytes(32)

    assert envelope.open_sealed(KEY, HERE, sealer.seal(HERE.row, b"text")) == b"text"


def test_a_sealer_shows_no_key_and_is_not_pickled():
    sealer = sealer_at(HERE)

    assert "1111" not in repr(sealer)
    assert "\\x11" not in repr(sealer)
    with pytest.raises(TypeError, match="neither pickled"):
        pickle.dumps(sealer)

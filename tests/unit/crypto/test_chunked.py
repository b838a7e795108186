"""Chunked encryption: a frozen vector, an independent implementation, every length and every tampering."""

import hashlib
import io
import pickle
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.crypto import chunked
from ringfence.crypto.chunked import CHUNK_BYTES, HEADER_BYTES, SEALED_CHUNK_BYTES, TAG_BYTES
from ringfence.crypto.errors import CannotOpen
from ringfence.crypto.ranges import SealedReader

KEY = b"\x11" * 32
SALT = bytes(range(24))
CONTEXT = b"ctx"
FROZEN = bytes.fromhex(
    "000102030405060708090a0b0c0d0e0f1011121314151617"
    "1cee0c1dd152d5aa97d1f5173203ccc09d6de107b7a1dd0b6203699e3b62aa38"
    "82d05897827a696267f90631ce389f5cb4ef6039439d3de10a61c42d49fe"
)
LENGTHS = sorted({max(0, k * CHUNK_BYTES + step) for k in range(4) for step in (-1, 0, 1)} | {17})
REPEATABLE = settings(derandomize=True, database=None, deadline=None, max_examples=60)


def text_of(length: int) -> bytes:
    return hashlib.shake_128(b"plaintext").digest(length)


def sealed_of(length: int) -> bytes:
    return chunked.encrypt(KEY, SALT, CONTEXT, text_of(length))


def stream_open(sealed: bytes, piece_bytes: int, *, key: bytes = KEY, context: bytes = CONTEXT) -> bytes:
    decryptor = chunked.Decryptor(key, context)
    pieces = [decryptor.update(sealed[i : i + piece_bytes]) for i in range(0, len(sealed), piece_bytes)]
    return b"".join([*pieces, decryptor.finalize()])


def read_all(sealed: bytes, *, key: bytes = KEY, context: bytes = CONTEXT) -> bytes:
    reader = SealedReader(key, context, io.BytesIO(sealed))
    return reader.read(0, reader.size)


def refused_by_every_reader(sealed: bytes, *, key: bytes = KEY, context: bytes = CONTEXT) -> bool:
    for read in (
        lambda: chunked.decrypt(key, context, sealed),
        lambda: stream_open(sealed, 1000, key=key, context=context),
        lambda: read_all(sealed, key=key, context=context),
    ):
        with pytest.raises(CannotOpen):
            read()
    return True


def chunks_of(sealed: bytes) -> tuple[bytes, list[bytes]]:
    body = sealed[HEADER_BYTES:]
    return sealed[:HEADER_BYTES], [
        body[i : i + SEALED_CHUNK_BYTES] for i in range(0, len(body), SEALED_CHUNK_BYTES)
    ]


def test_the_frozen_vector_is_reproduced():
    assert chunked.encrypt(KEY, SALT, CONTEXT, b"attack at dawn") == FROZEN
    assert chunked.decrypt(KEY, CONTEXT, FROZEN) == b"attack at dawn"


@pytest.mark.parametrize("length", LENGTHS)
def test_an_independent_implementation_opens_ours_and_ours_opens_its(length):
    cobblestone = pytest.importorskip("cryptography.cobblestone", reason="cryptography is older than 50")
    theirs_opens = cobblestone.Cobblestone256Decryptor(KEY, context=CONTEXT)
    assert theirs_opens.update(sealed_of(length)) + theirs_opens.finalize() == text_of(length)

    theirs_seals = cobblestone.Cobblestone256Encryptor(KEY, context=CONTEXT)
    sealed = theirs_seals.update(text_of(length)) + theirs_seals.finalize()

    assert chunked.decrypt(KEY, CONTEXT, sealed) == text_of(length)
    assert chunked.encrypt(KEY, sealed[:24], CONTEXT, text_of(length)) == sealed


@pytest.mark.parametrize("length", LENGTHS)
def test_every_reader_opens_every_length(length):
    sealed = sealed_of(length)

    assert len(sealed) == HEADER_BYTES + length + TAG_BYTES * (length // CHUNK_BYTES + 1)
    assert chunked.decrypt(KEY, CONTEXT, sealed) == text_of(length)
    assert chunked.decrypt(KEY, CONTEXT, memoryview(sealed)) == text_of(length)
    assert stream_open(sealed, 4099) == text_of(length)
    assert stream_open(sealed, len(sealed)) == text_of(length)
    assert read_all(sealed) == text_of(length)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("piece_bytes", [1021, CHUNK_BYTES, CHUNK_BYTES + 1, 10**6])
def test_streaming_gives_the_bytes_of_one_shot(length, piece_bytes):
    encryptor = chunked.Encryptor(KEY, SALT, CONTEXT)
    text = text_of(length)
    pieces = [encryptor.update(text[i : i + piece_bytes]) for i in range(0, length, piece_bytes)]

    assert b"".join([*pieces, encryptor.finalize()]) == sealed_of(length)


@REPEATABLE
@given(st.binary(min_size=32, max_size=32), st.binary(min_size=24, max_size=24), st.binary(), st.binary())
def test_what_was_sealed_opens(key, salt, context, plaintext):
    sealed = chunked.encrypt(key, salt, context, plaintext)

    assert chunked.decrypt(key, context, sealed) == plaintext
    assert stream_open(sealed, 7, key=key, context=context) == plaintext


@REPEATABLE
@given(st.integers(0, 3 * CHUNK_BYTES), st.lists(st.integers(0, 2 * CHUNK_BYTES), max_size=5))
def test_any_split_of_a_stream_gives_the_same_bytes(length, steps):
    sealed, text = sealed_of(length), text_of(length)
    encryptor, decryptor = chunked.Encryptor(KEY, SALT, CONTEXT), chunked.Decryptor(KEY, CONTEXT)
    ours, back, at = b"", b"", 0
    for step in [*steps, len(sealed)]:
        ours += encryptor.update(text[at : at + step])
        back += decryptor.update(sealed[at : at + step])
        at += step

    assert ours + encryptor.finalize() == sealed
    assert back + decryptor.finalize() == text


def test_every_flipped_bit_of_a_small_message_closes_it():
    for place in range(len(FROZEN)):
        for bit in range(8):
            changed = bytearray(FROZEN)
            changed[place] ^= 1 << bit
            with pytest.raises(CannotOpen):
                chunked.decrypt(KEY, CONTEXT, bytes(changed))
        assert refused_by_every_reader(bytes(changed))


def test_a_small_message_cut_at_any_length_is_refused():
    assert all(refused_by_every_reader(FROZEN[:length]) for length in range(len(FROZEN)))


@pytest.mark.parametrize("length", [CHUNK_BYTES - 1, CHUNK_BYTES, 2 * CHUNK_BYTES, 2 * CHUNK_BYTES + 5])
def test_a_message_of_several_chunks_cut_near_a_border_is_refused(length):
    sealed = sealed_of(length)
    borders = {HEADER_BYTES + k * SEALED_CHUNK_BYTES + step for k in range(3) for step in range(-18, 19)}
    cuts = [cut for cut in borders if 0 <= cut < len(sealed)]

    assert len(cuts) > 18
    assert all(refused_by_every_reader(sealed[:cut]) for cut in cuts)


@pytest.mark.parametrize(
    "order",
    [(1, 0, 2), (0, 2), (0, 0, 1, 2), (0, 1, 1, 2), (0, 1), (2,), (), (0, 1, 2, 2), (2, 1, 0), (0, 2, 1)],
)
def test_chunks_swapped_dropped_or_doubled_are_refused(order):
    header, chunks = chunks_of(sealed_of(2 * CHUNK_BYTES + 5))
    assert header + b"".join(chunks) == sealed_of(2 * CHUNK_BYTES + 5)

    assert refused_by_every_reader(header + b"".join(chunks[index] for index in order))


def test_a_sealed_message_with_bytes_after_it_is_refused():
    assert refused_by_every_reader(FROZEN + b"\x00")
    assert refused_by_every_reader(sealed_of(CHUNK_BYTES) + b"\x00" * TAG_BYTES)


def test_a_full_last_chunk_that_authenticates_is_still_a_truncation():
    keys = chunked.derive(KEY, SALT, CONTEXT)
    one_full_chunk = keys.cipher.encrypt(keys.base_nonce, text_of(CHUNK_BYTES), None)

    assert refused_by_every_reader(SALT + keys.commitment + one_full_chunk)


@pytest.mark.parametrize("length", [14, CHUNK_BYTES, 2 * CHUNK_BYTES + 1])
def test_another_key_or_context_opens_nothing(length):
    sealed = sealed_of(length)

    assert refused_by_every_reader(sealed, key=b"\x12" + KEY[1:])
    assert refused_by_every_reader(sealed, context=b"ctX")
    assert refused_by_every_reader(sealed, context=b"")


def test_every_refusal_reads_the_same():
    said = set()
    for bad in (b"", FROZEN[:-1], FROZEN[:60], b"\x00" * len(FROZEN), FROZEN[:-1] + b"\x00"):
        with pytest.raises(CannotOpen) as caught:
            chunked.decrypt(KEY, CONTEXT, bad)
        said.add((str(caught.value), caught.value.args, caught.value.__cause__))

    assert len(said) == 1


def test_a_stream_releases_only_what_it_authenticated_and_stays_closed_after_a_failure():
    sealed = bytearray(sealed_of(2 * CHUNK_BYTES + 5))
    sealed[HEADER_BYTES + SEALED_CHUNK_BYTES] ^= 1  # the second chunk's first byte
    decryptor = chunked.Decryptor(KEY, CONTEXT)

    assert decryptor.update(sealed[: HEADER_BYTES + SEALED_CHUNK_BYTES - 1]) == b""
    border = HEADER_BYTES + SEALED_CHUNK_BYTES
    assert decryptor.update(sealed[border - 1 : border]) == text_of(CHUNK_BYTES)
    for _ in range(2):
        with pytest.raises(CannotOpen):
            decryptor.update(sealed[border:])
    with pytest.raises(CannotOpen):
        decryptor.finalize()


def test_a_stream_that_ended_too_early_cannot_be_continued():
    decryptor = chunked.Decryptor(KEY, CONTEXT)
    decryptor.update(FROZEN[:-1])
    with pytest.raises(CannotOpen):
        decryptor.finalize()

    for call in (lambda: decryptor.update(FROZEN[-1:]), decryptor.finalize):
        with pytest.raises(ValueError, match="finished"):
            call()


def test_a_chunk_has_the_length_of_its_place():
    keys = chunked.derive(KEY, SALT, CONTEXT)
    full, short = (
        keys.cipher.encrypt(keys.base_nonce, bytes(n), None) for n in (CHUNK_BYTES, CHUNK_BYTES - 1)
    )

    assert chunked.open_chunk(keys, 0, full, last=False) == bytes(CHUNK_BYTES)
    assert chunked.open_chunk(keys, 0, short, last=True) == bytes(CHUNK_BYTES - 1)
    for chunk, last in ((full, True), (short, False), (b"", True), (b"", False), (bytes(15), True)):
        with pytest.raises(CannotOpen):
            chunked.open_chunk(keys, 0, chunk, last=last)


def test_a_stream_with_a_wrong_commitment_fails_before_its_first_chunk():
    decryptor = chunked.Decryptor(KEY, b"another context")
    with pytest.raises(CannotOpen):
        decryptor.update(FROZEN[:HEADER_BYTES])


def test_a_finished_stream_takes_nothing_more():
    encryptor, decryptor = chunked.Encryptor(KEY, SALT, CONTEXT), chunked.Decryptor(KEY, CONTEXT)
    assert decryptor.update(encryptor.finalize()) + decryptor.finalize() == b""

    for call in (encryptor.finalize, decryptor.finalize):
        with pytest.raises(ValueError, match="finished"):
            call()
    for call in (encryptor.update, decryptor.update):
        with pytest.raises(ValueError, match="finished"):
            call(b"more")


def test_streams_hold_no_more_than_a_few_chunks():
    piece = text_of(CHUNK_BYTES)
    encryptor, decryptor = chunked.Encryptor(KEY, SALT, CONTEXT), chunked.Decryptor(KEY, CONTEXT)
    tracemalloc.start()
    try:
        for _ in range(256):  # 4 MiB pass through
            decryptor.update(encryptor.update(piece))
        decryptor.update(encryptor.finalize())
        decryptor.finalize()
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak_bytes < 16 * CHUNK_BYTES


@pytest.mark.parametrize("length", [0, 1, CHUNK_BYTES, 2 * CHUNK_BYTES + 5])
def test_a_range_of_a_sealed_file_is_the_slice_of_its_plaintext(length):
    text = text_of(length)
    reader = SealedReader(KEY, CONTEXT, io.BytesIO(b"before" + sealed_of(length)), start=len(b"before"))

    assert reader.size == length
    starts = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, length, length + 9]
    for start in starts:
        for count in (0, 1, 2, CHUNK_BYTES, CHUNK_BYTES + 2, 3 * CHUNK_BYTES):
            assert reader.read(start, count) == text[start : start + count]


def test_a_range_reader_opens_only_the_chunks_it_needs():
    sealed = bytearray(sealed_of(2 * CHUNK_BYTES + 5))
    sealed[HEADER_BYTES + SEALED_CHUNK_BYTES] ^= 1
    reader = SealedReader(KEY, CONTEXT, io.BytesIO(sealed))

    assert reader.read(2 * CHUNK_BYTES, 5) == text_of(2 * CHUNK_BYTES + 5)[-5:]
    assert reader.read(0, CHUNK_BYTES) == text_of(CHUNK_BYTES)
    with pytest.raises(CannotOpen):
        reader.read(CHUNK_BYTES - 1, 2)


def test_a_range_outside_the_file_is_a_mistake_of_the_caller():
    reader = SealedReader(KEY, CONTEXT, io.BytesIO(FROZEN))
    for call in (lambda: reader.read(-1, 1), lambda: reader.read(0, -1), lambda: reader.chunk(1)):
        with pytest.raises(ValueError, match=r"range|chunk"):
            call()
    with pytest.raises(ValueError, match="start"):
        SealedReader(KEY, CONTEXT, io.BytesIO(FROZEN), start=-1)


def test_a_nonce_is_the_base_nonce_with_the_index_in_its_low_bytes():
    base = bytes.fromhex("ffeeddccbbaa998877665544")

    assert chunked.chunk_nonce(base, 0) == base
    assert chunked.chunk_nonce(base, 0x0102).hex() == "ffeeddccbbaa998877665446"
    assert chunked.chunk_nonce(base, 2**38 - 1)[:7] == base[:7]
    for index in (-1, 2**38):
        with pytest.raises(ValueError, match="chunks"):
            chunked.chunk_nonce(base, index)
    with pytest.raises(CannotOpen):
        chunked.open_chunk(chunked.derive(KEY, SALT, CONTEXT), 2**38, b"\x00" * 20, last=True)


@pytest.mark.parametrize("key", [b"", KEY[:-1], KEY + b"\x00", "1" * 32, None])
def test_a_key_of_another_kind_is_a_mistake_and_not_a_closed_ciphertext(key):
    for call in (
        lambda: chunked.encrypt(key, SALT, CONTEXT, b""),
        lambda: chunked.decrypt(key, CONTEXT, FROZEN),
        lambda: chunked.decrypt(key, CONTEXT, b"short"),
        lambda: chunked.Encryptor(key, SALT, CONTEXT),
        lambda: chunked.Decryptor(key, CONTEXT),
    ):
        with pytest.raises((ValueError, TypeError), match="key"):
            call()


def test_salt_context_and_text_of_another_kind_are_mistakes():
    for salt in (b"", SALT[:-1], SALT + b"\x00"):
        with pytest.raises(ValueError, match="salt"):
            chunked.encrypt(KEY, salt, CONTEXT, b"")
    with pytest.raises(TypeError, match="context"):
        chunked.encrypt(KEY, SALT, "ctx", b"")
    with pytest.raises(TypeError, match="context"):
        chunked.Decryptor(KEY, "ctx")
    with pytest.raises(TypeError, match="plaintext"):
        chunked.encrypt(KEY, SALT, CONTEXT, "text")
    with pytest.raises(TypeError, match="sealed"):
        chunked.decrypt(KEY, CONTEXT, "text")


def test_message_keys_do_not_print():
    keys = chunked.derive(KEY, SALT, CONTEXT)

    assert repr(keys) == "MessageKeys(…)"
    assert f"{keys}" == "MessageKeys(…)"


@REPEATABLE
@given(key=st.binary(min_size=32, max_size=32), context=st.binary(max_size=400))
def test_a_prepared_key_derives_what_the_key_derives(key: bytes, context: bytes) -> None:
    prepared = chunked.PreparedKey(key)
    # Twice: deriving leaves no trace in the key.
    for _ in range(2):
        sealed = chunked.encrypt(prepared, SALT, context, b"text")
        assert sealed == chunked.encrypt(key, SALT, context, b"text")
        assert chunked.decrypt(prepared, context, sealed) == b"text"
    with pytest.raises(CannotOpen):
        chunked.decrypt(prepared, context + b"x", sealed)


def test_a_prepared_key_gives_the_frozen_vector() -> None:
    assert chunked.decrypt(chunked.PreparedKey(KEY), CONTEXT, FROZEN) == chunked.decrypt(KEY, CONTEXT, FROZEN)


@pytest.mark.parametrize("key", [b"", b"k" * 31, b"k" * 33, "k" * 32, None])
def test_a_prepared_key_is_made_of_32_bytes_only(key: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        chunked.PreparedKey(key)  # type: ignore[arg-type]


def test_a_prepared_key_leaves_no_process() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(chunked.PreparedKey(KEY))

"""A key service that takes the connection and never answers keeps nobody waiting for ever."""

import socket
from collections.abc import Callable, Iterator, Mapping
from uuid import UUID

import pytest

from ringfence.crypto import bounded_keys
from ringfence.crypto.bounded_keys import HANGING_AT_MOST, BoundedKeyService
from ringfence.crypto.errors import KeyRefused, KeyServiceDown
from ringfence.crypto.keyservice import KeyService
from tests.hanging import HangingKeys, Neighbour

TENANT = UUID(int=1)
CONTEXT = {"rf:tenant": str(TENANT)}

CALLS: dict[str, Callable[[KeyService], object]] = {
    "create_key": lambda service: service.create_key(tenant=TENANT),
    "wrap": lambda service: service.wrap("k", b"1", encryption_context=CONTEXT),
    "unwrap": lambda service: service.unwrap("k", b"1", encryption_context=CONTEXT),
    "probe": lambda service: service.probe("k"),
    "destroy": lambda service: service.destroy("k"),
}


@pytest.fixture
def neighbour() -> Iterator[Neighbour]:
    with Neighbour() as made:
        yield made


@pytest.mark.parametrize("call", CALLS)
def test_a_call_that_gets_no_answer_is_an_outage(neighbour: Neighbour, call: str) -> None:
    service = BoundedKeyService(HangingKeys(neighbour.address), seconds=0.1)
    with pytest.raises(KeyServiceDown, match="no answer within"):
        CALLS[call](service)
    assert neighbour.visitors() == 1


def test_while_calls_hang_the_next_ones_are_told_at_once(
    neighbour: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = BoundedKeyService(HangingKeys(neighbour.address), seconds=0.1)
    for _ in range(HANGING_AT_MOST):
        with pytest.raises(KeyServiceDown, match="no answer within"):
            service.probe("k")
    with pytest.raises(KeyServiceDown, match="still hang"):
        service.probe("k")
    assert neighbour.visitors() == HANGING_AT_MOST
    # It is tried again after a while, and after the calls have come to an end.
    with monkeypatch.context() as patched:
        patched.setattr(bounded_keys, "HANGING_SECONDS", 0.0)
        with pytest.raises(KeyServiceDown, match="no answer within"):
            service.probe("k")
    service.seconds = 60.0
    neighbour.answer()
    while True:
        try:
            service.probe("k")
        except KeyServiceDown as outage:
            assert "still hang" in str(outage)  # noqa: PT017 - until their threads have seen the answer
        else:
            break


class Answering:
    """Answers at once."""

    def create_key(self, *, tenant: UUID) -> str:
        return f"key of {tenant}"

    def wrap(self, key_ref: str, plaintext: bytes, *, encryption_context: Mapping[str, str]) -> bytes:
        return plaintext + encryption_context["rf:tenant"].encode()

    def unwrap(self, key_ref: str, wrapped: bytes, *, encryption_context: Mapping[str, str]) -> bytes:
        raise KeyRefused(key_ref)

    def probe(self, key_ref: str) -> None:
        raise socket.gaierror(key_ref)

    def destroy(self, key_ref: str) -> None:
        pass


def test_answers_refusals_and_mistakes_pass_through() -> None:
    service = BoundedKeyService(Answering(), seconds=60.0)
    assert service.create_key(tenant=TENANT) == f"key of {TENANT}"
    assert service.wrap("k", b"1", encryption_context=CONTEXT) == b"1" + str(TENANT).encode()
    with pytest.raises(KeyRefused, match="k"):
        service.unwrap("k", b"1", encryption_context=CONTEXT)
    with pytest.raises(socket.gaierror):
        service.probe("k")
    service.destroy("k")

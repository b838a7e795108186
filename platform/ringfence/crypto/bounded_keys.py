"""A key service of which no call takes longer than the caller can wait, whatever the adapter behind it does.

An adapter has timeouts of its own. They bound a read and not a call: a service that takes the connection and never
answers, a name that does not resolve, a lock that somebody holds, a file system that hangs keep a caller for ever.
"""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from typing import Any, Final, TypeVar
from uuid import UUID

from ringfence.crypto.errors import KeyServiceDown
from ringfence.crypto.keyservice import KeyService

T = TypeVar("T")

ANSWER_SECONDS: Final = 5.0
HANGING_AT_MOST: Final = 4
"""So many callers wait in vain; while their calls hang, the next ones are told at once."""
HANGING_SECONDS: Final = 60.0
"""After this a hanging call counts no more, and the service is tried again."""


class BoundedKeyService:
    """A `KeyService` that raises `KeyServiceDown` after `seconds` without an answer.

    A call that was given up may still be carried out: a key may be made that nobody names, or be destroyed. Callers
    can repeat both.
    """

    __slots__ = ("_hanging", "_lock", "inner", "seconds")

    def __init__(self, inner: KeyService, seconds: float = ANSWER_SECONDS) -> None:
        self.inner, self.seconds = inner, seconds
        self._lock = threading.Lock()
        self._hanging: dict[Future[Any], float] = {}

    def create_key(self, *, tenant: UUID) -> str:
        """Create a key as `KeyService.create_key` says."""
        return self._ask(lambda: self.inner.create_key(tenant=tenant))

    def wrap(self, key_ref: str, plaintext: bytes, *, encryption_context: Mapping[str, str]) -> bytes:
        """Wrap as `KeyService.wrap` says."""
        return self._ask(lambda: self.inner.wrap(key_ref, plaintext, encryption_context=encryption_context))

    def unwrap(self, key_ref: str, wrapped: bytes, *, encryption_context: Mapping[str, str]) -> bytes:
        """Unwrap as `KeyService.unwrap` says."""
        return self._ask(lambda: self.inner.unwrap(key_ref, wrapped, encryption_context=encryption_context))

    def probe(self, key_ref: str) -> None:
        """Probe as `KeyService.probe` says."""
        self._ask(lambda: self.inner.probe(key_ref))

    def destroy(self, key_ref: str) -> None:
        """Destroy as `KeyService.destroy` says."""
        self._ask(lambda: self.inner.destroy(key_ref))

    def _ask(self, question: Callable[[], T]) -> T:
        with self._lock:
            since = time.monotonic() - HANGING_SECONDS
            self._hanging = {call: at for call, at in self._hanging.items() if at > since and not call.done()}
            if len(self._hanging) >= HANGING_AT_MOST:
                raise KeyServiceDown("the key service does not answer: calls of before still hang")
        call: Future[T] = Future()
        # Of its own, and a daemon: nobody waits for it at the end of the process.
        threading.Thread(target=_answer, args=(call, question), name="key-service", daemon=True).start()
        wait((call,), timeout=self.seconds)
        if not call.done():
            with self._lock:
                self._hanging[call] = time.monotonic()
            raise KeyServiceDown(f"the key service gave no answer within {self.seconds:g} s")
        return call.result()


def _answer(call: Future[T], question: Callable[[], T]) -> None:
    try:
        call.set_result(question())
    except BaseException as failure:
        call.set_exception(failure)  # raised again where it was asked

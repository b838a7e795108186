"""A neighbour that takes connections and never answers, and an adapter without a time limit that calls it."""

import socket
import threading
from collections.abc import Mapping
from typing import Self
from uuid import UUID


class Neighbour:
    """Listens on loopback. `answer` ends every call, those to come too."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address: tuple[str, int] = self._server.getsockname()
        self._held: list[socket.socket] = []
        self._lock, self._answers = threading.Condition(), False
        self._thread = threading.Thread(target=self._take, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.answer()
        self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._server.close()

    def visitors(self) -> int:
        """How many have called; the first one is waited for."""
        with self._lock:
            self._lock.wait_for(lambda: bool(self._held))
            return len(self._held)

    def answer(self) -> None:
        """Answer all that were kept waiting, and from now on everybody."""
        with self._lock:
            self._answers = True
            for line in self._held:
                line.close()

    def _take(self) -> None:
        while True:
            try:
                line, _ = self._server.accept()
            except OSError:
                return
            with self._lock:
                self._held.append(line)
                self._lock.notify_all()
                if self._answers:
                    line.close()


class HangingKeys:
    """A key service as a careless adapter reaches it: it waits for an answer for as long as it takes."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address

    def create_key(self, *, tenant: UUID) -> str:
        self._call()
        return "k"

    def wrap(self, key_ref: str, plaintext: bytes, *, encryption_context: Mapping[str, str]) -> bytes:
        self._call()
        return plaintext

    def unwrap(self, key_ref: str, wrapped: bytes, *, encryption_context: Mapping[str, str]) -> bytes:
        self._call()
        return wrapped

    def probe(self, key_ref: str) -> None:
        self._call()

    def destroy(self, key_ref: str) -> None:
        self._call()

    def _call(self) -> None:
        with socket.create_connection(self._address) as line:
            line.sendall(b"please")
            try:
                line.recv(1)
            except ConnectionError:
                return

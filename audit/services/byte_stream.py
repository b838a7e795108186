"""Turns a function that writes into a stream of bytes, at constant memory."""

import threading
from collections.abc import Callable, Iterator
from io import RawIOBase
from queue import Empty, Full, Queue
from typing import BinaryIO, cast

from django.db import connections

CHUNK_BYTES = 64 * 1024
CHUNKS_WAITING = 16
LOOK_UP_SECONDS = 0.2


class StreamBroken(Exception):
    """The writer failed midway. What was sent is a file without its end, which no reader accepts."""


class _ReaderGone(Exception):
    """The reader has stopped reading."""


def stream_of(write: Callable[[BinaryIO], None]) -> Iterator[bytes]:
    """Yield what `write(out)` writes, while it writes, in a thread with connections of its own.

    At most 1 MiB waits for a slow reader. When the reader leaves, the next write raises in the
    writer. Raises `StreamBroken` for any failure of the writer.
    """
    waiting: Queue[bytes | BaseException | None] = Queue(CHUNKS_WAITING)
    gone = threading.Event()

    def hand_over(item: bytes | BaseException | None) -> None:
        while not gone.is_set():
            try:
                return waiting.put(item, timeout=LOOK_UP_SECONDS)
            except Full:
                continue
        raise _ReaderGone

    def run() -> None:
        out = _Chunks(hand_over)
        try:
            write(cast(BinaryIO, out))
            out.hand_over_rest()
            hand_over(None)
        except _ReaderGone:
            pass
        except BaseException as error:
            # Whatever it is, it breaks the reader's answer, not only this thread.
            _hand_over_quietly(hand_over, error)
        finally:
            connections.close_all()

    writer = threading.Thread(target=run, name="audit-stream", daemon=True)
    writer.start()
    try:
        while (item := waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise StreamBroken from item
            yield item
    finally:
        gone.set()
        _drain(waiting)
        writer.join()


class _Chunks(RawIOBase):
    """Collects writes into chunks of 64 KiB or more."""

    def __init__(self, hand_over: Callable[[bytes], None]) -> None:
        self._hand_over, self._held = hand_over, bytearray()

    def write(self, content: object) -> int:
        piece = bytes(content)  # type: ignore[call-overload]  # whatever a binary stream takes
        self._held += piece
        if len(self._held) >= CHUNK_BYTES:
            self.hand_over_rest()
        return len(piece)

    def hand_over_rest(self) -> None:
        if self._held:
            self._hand_over(bytes(self._held))
            self._held.clear()


def _hand_over_quietly(hand_over: Callable[[BaseException], None], error: BaseException) -> None:
    try:
        hand_over(error)
    except _ReaderGone:
        return


def _drain(waiting: "Queue[bytes | BaseException | None]") -> None:
    while True:
        try:
            waiting.get_nowait()
        except Empty:
            return

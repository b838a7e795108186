"""Range reading: any stretch of a sealed file, without opening what lies before it."""

from typing import BinaryIO

from ringfence.crypto.chunked import (
    CHUNK_BYTES,
    HEADER_BYTES,
    MAX_CHUNKS,
    SEALED_CHUNK_BYTES,
    TAG_BYTES,
    open_chunk,
    open_header,
)
from ringfence.crypto.errors import CannotOpen


class SealedReader:
    """Reads ranges of the plaintext of one sealed file.

    Opening checks the commitment and opens the last chunk, which proves the length: a file that was
    cut off or extended does not open. Each range then opens only the chunks it touches.
    Plaintext byte p lies in chunk p // 16384; chunk k begins 56 + k * 16400 bytes after `start`.
    """

    __slots__ = ("_file", "_keys", "_last_index", "_start", "size")

    def __init__(self, key: bytes | bytearray, context: bytes, file: BinaryIO, *, start: int = 0) -> None:
        """Open `file`, whose salt begins at byte `start` (after an envelope's header, say).

        Raises:
            CannotOpen: as `chunked.decrypt`, as far as header and last chunk can show it.
        """
        sealed_bytes = file.seek(0, 2) - start - HEADER_BYTES
        if start < 0:
            raise ValueError("start counts from the beginning of the file")
        last_index, last_bytes = divmod(sealed_bytes, SEALED_CHUNK_BYTES)
        if sealed_bytes < TAG_BYTES or last_bytes < TAG_BYTES or last_index >= MAX_CHUNKS:
            raise CannotOpen
        self._file = file
        self._start = start
        file.seek(start)
        self._keys = open_header(key, context, file.read(HEADER_BYTES))
        self._last_index = last_index
        self.size = last_index * CHUNK_BYTES + last_bytes - TAG_BYTES
        """Length of the plaintext in bytes, authenticated."""
        self.chunk(last_index)

    def read(self, start: int, length: int) -> bytes:
        """Return plaintext bytes `start` to `start + length`, fewer where the file ends.

        Raises:
            CannotOpen: a chunk in the range does not open; nothing of the range is returned.
        """
        if start < 0 or length < 0:
            raise ValueError("a range starts at 0 or later and has a length of 0 or more")
        end = min(start + length, self.size)
        if start >= end:
            return b""
        first = start // CHUNK_BYTES
        opened = b"".join(self.chunk(index) for index in range(first, (end - 1) // CHUNK_BYTES + 1))
        return opened[start - first * CHUNK_BYTES : end - first * CHUNK_BYTES]

    def chunk(self, index: int) -> bytes:
        """Return the plaintext of chunk `index`, counted from 0.

        Raises:
            CannotOpen: the chunk does not open.
        """
        if not 0 <= index <= self._last_index:
            raise ValueError("the file has no such chunk")
        last = index == self._last_index
        sealed_bytes = self.size % CHUNK_BYTES + TAG_BYTES if last else SEALED_CHUNK_BYTES
        self._file.seek(self._start + HEADER_BYTES + index * SEALED_CHUNK_BYTES)
        return open_chunk(self._keys, index, self._file.read(sealed_bytes), last=last)

"""The one zip file that given members have: stored, sorted, without times or extra fields.

    local header, content     for each member, by name in ascending byte order
    central directory         one record for each member, in the same order
    end of central directory  without a comment

Every byte that is not content follows from the names and contents, so a reader that builds the
headers anew and compares leaves no byte of the file unexamined. Source: PKWARE APPNOTE.TXT 6.3.10,
sections 4.3.7, 4.3.12 and 4.3.16.
"""

import re
import struct
import zlib
from collections.abc import Mapping
from typing import BinaryIO

from audit.errors import Malformed

# Beyond these a zip needs the fields of ZIP64, which this layout does not have.
MAX_MEMBERS = 65_535
MAX_ARCHIVE_BYTES = 2**32 - 1

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")

_LOCAL_MARK = b"PK\x03\x04"
_CENTRAL_MARK = b"PK\x01\x02"
_END_MARK = b"PK\x05\x06"
_VERSION_NEEDED = 20
_MADE_BY_UNIX = 3 << 8 | _VERSION_NEEDED
_MIDNIGHT, _FIRST_OF_1980 = 0, 1 << 5 | 1
_REGULAR_FILE = 0o100644 << 16

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*", re.ASCII)
MAX_NAME_BYTES = 120


class BundleTooLarge(Exception):
    """The members do not fit into one file: more than 65,535, or more than 4 GiB."""


class ArchiveWriter:
    """Writes an archive to a stream that need not seek; members come in ascending order of name."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._offset = 0
        self._last = b""
        self._central: list[bytes] = []

    def add(self, name: str, content: bytes) -> None:
        """Append one member. Raises `BundleTooLarge`, or `Malformed` for a name out of order."""
        encoded = _encode_name(name)
        if encoded <= self._last:
            raise Malformed(f"member {name!r} is out of order")
        crc = zlib.crc32(content)
        self._central.append(_central_record(encoded, crc, len(content), self._offset))
        self._write(_local_header(encoded, crc, len(content)))
        self._write(content)
        self._last = encoded
        if len(self._central) > MAX_MEMBERS:
            raise BundleTooLarge("a bundle holds at most 65,535 files; ask for a smaller range")

    def close(self) -> None:
        """Write the directory; the archive is complete after it."""
        directory = b"".join(self._central)
        start = self._offset
        self._write(directory)
        self._write(_end_record(len(self._central), len(directory), start))

    def _write(self, content: bytes) -> None:
        self._offset += len(content)
        if self._offset > MAX_ARCHIVE_BYTES:
            raise BundleTooLarge("a bundle has at most 4 GiB; ask for a smaller range")
        self._out.write(content)


class Directory:
    """Ends an archive whose members were written apart: it is given them in order, and makes what comes after."""

    def __init__(self) -> None:
        self._offset = 0
        self._last = b""
        self._central: list[bytes] = []

    def take(self, piece: bytes) -> None:
        """Note the whole members in `piece`, the archive's next bytes.

        Raises `Malformed` for bytes that no `ArchiveWriter` has written, or out of order; `BundleTooLarge`.
        """
        view, at = memoryview(piece), 0
        while at < len(piece):
            name, crc, size, start = _local_member(view, at)
            if name <= self._last:
                raise Malformed(f"member {name!r} is out of order")
            self._central.append(_central_record(name, crc, size, self._offset + at))
            self._last, at = name, start + size
        self._offset += len(piece)
        if len(self._central) > MAX_MEMBERS:
            raise BundleTooLarge("a bundle holds at most 65,535 files; ask for a smaller range")

    def end(self) -> bytes:
        """Return the directory and the record that ends the archive. Raises `BundleTooLarge`."""
        directory = b"".join(self._central)
        if self._offset + len(directory) > MAX_ARCHIVE_BYTES:
            raise BundleTooLarge("a bundle has at most 4 GiB; ask for a smaller range")
        return directory + _end_record(len(self._central), len(directory), self._offset)


def read_archive(content: memoryview) -> Mapping[str, memoryview]:
    """Return the members of an archive by name, in order, without copying them.

    Raises `Malformed` for any file that `ArchiveWriter` would not have written byte for byte.
    """
    members: dict[str, memoryview] = {}
    central: list[bytes] = []
    last, at = b"", 0
    while bytes(content[at : at + 4]) == _LOCAL_MARK:
        offset = at
        name, crc, size, start = _local_member(content, at)
        if name <= last:
            raise Malformed("a member of the archive is out of order")
        at = start + size
        members[_decode_name(name)] = content[start:at]
        central.append(_central_record(name, crc, size, offset))
        last = name
    directory = b"".join(central)
    if len(central) > MAX_MEMBERS or at > MAX_ARCHIVE_BYTES:
        raise Malformed("the archive is too large")
    if directory + _end_record(len(central), len(directory), at) != content[at:]:
        raise Malformed("the archive's directory is not the one its members have")
    return members


def _local_member(content: memoryview, at: int) -> tuple[bytes, int, int, int]:
    """Return name, checksum, size and start of content of the member whose header begins at `at`."""
    if len(content) - at < _LOCAL.size:
        raise Malformed("the archive ends inside a header")
    *_, crc, _, size, name_bytes, _ = _LOCAL.unpack(content[at : at + _LOCAL.size])
    start = at + _LOCAL.size + name_bytes
    name = bytes(content[at + _LOCAL.size : start])
    if start + size > len(content):
        raise Malformed("a member of the archive is cut off")
    if zlib.crc32(content[start : start + size]) != crc:
        raise Malformed(f"member {name!r} does not have its checksum")
    if _local_header(name, crc, size) != content[at:start]:
        raise Malformed(f"member {name!r} has another header than this layout gives it")
    return name, crc, size, start


def _encode_name(name: str) -> bytes:
    encoded = name.encode("ascii", "replace")
    if _decode_name(encoded) != name:
        raise Malformed(f"not a member's name: {name[:80]!r}")
    return encoded


def _decode_name(encoded: bytes) -> str:
    name = encoded.decode("ascii", "replace")
    if len(encoded) > MAX_NAME_BYTES or not _NAME.fullmatch(name):
        raise Malformed(f"not a member's name: {name[:80]!r}")
    return name


def _local_header(name: bytes, crc: int, size: int) -> bytes:
    fixed = (_VERSION_NEEDED, 0, 0, _MIDNIGHT, _FIRST_OF_1980)
    return _LOCAL.pack(_LOCAL_MARK, *fixed, crc, size, size, len(name), 0) + name


def _central_record(name: bytes, crc: int, size: int, offset: int) -> bytes:
    fixed = (_MADE_BY_UNIX, _VERSION_NEEDED, 0, 0, _MIDNIGHT, _FIRST_OF_1980)
    lengths = (len(name), 0, 0, 0, 0)
    return _CENTRAL.pack(_CENTRAL_MARK, *fixed, crc, size, size, *lengths, _REGULAR_FILE, offset) + name


def _end_record(members: int, directory_bytes: int, directory_offset: int) -> bytes:
    return _END.pack(_END_MARK, 0, 0, members, members, directory_bytes, directory_offset, 0)

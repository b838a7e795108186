"""What an import takes at most; pages and the API show these numbers before they bite."""

from typing import Final

MIB: Final = 1024 * 1024

FILE_BYTES: Final = 4 * 1024 * MIB
ROW_BYTES: Final = MIB
ROWS: Final = 5_000_000
COLUMNS: Final = 1_000
HEADER_BYTES: Final = 64 * 1024
NESTING: Final = 64
EXTERNAL_ID_CHARACTERS: Final = 200
ERRORS_KEPT: Final = 10_000
"""Refused rows beyond this many are counted and no longer described one by one."""

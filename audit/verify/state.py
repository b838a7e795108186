"""The state file: a pin that moves forward with each good answer, and never back."""

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from audit.errors import Equivocation
from audit.pins import CHECKPOINT_MARK, PIN_HEADER, Pin, write_pin


def advance(path: Path, *, judged_by: Pin, checkpoint: bytes) -> bool:
    """Write `checkpoint`, which was just found to extend `judged_by`, into the state file; say whether it moved.

    The file is replaced in one step, on disk before its name changes: a crash leaves the old state or the new
    one. A file that another run has moved meanwhile is left as it is, for its own growth was not compared.
    Raises `OSError`, `Malformed` for a file that is no pin by now, and `Equivocation` if the other run has
    seen another root of this size.
    """
    beside = path.with_name(f"{path.name}.new")
    # Of two runs one fails here, before either looks. A crash leaves this file, to be removed by hand.
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            new = _next(path.read_bytes(), judged_by, checkpoint)
            if new is not None:
                _write(file, new)
        if new is not None:
            beside.replace(path)
            _keep_name(path.absolute().parent)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()
    return new is not None


def _next(kept: bytes, judged_by: Pin, checkpoint: bytes) -> bytes | None:
    """Return what the state file is to hold, or None to leave it."""
    now, new = Pin.parse(kept), judged_by.policy.open_checkpoint(checkpoint).checkpoint
    seen = now.signed.checkpoint
    if seen.size == new.size and seen.head != new.head:
        reason = f"the log has signed two roots for its first {new.size} events"
        raise Equivocation(reason, notes=(now.checkpoint, checkpoint))
    if now.checkpoint != judged_by.checkpoint or new.size <= seen.size:
        return None
    policy = kept.decode().removeprefix(PIN_HEADER).partition("\n" + CHECKPOINT_MARK)[0]
    return write_pin(f"{policy}\n", checkpoint)


def _write(file: BinaryIO, content: bytes) -> None:
    file.write(content)
    file.flush()
    os.fsync(file.fileno())


def _keep_name(folder: Path) -> None:
    """Bring the new name to the disk, where folders can be opened."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

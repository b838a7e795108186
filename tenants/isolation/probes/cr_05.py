"""CR-05: a ciphertext crafted to open under two keys opens under the committed one only."""

from ringfence.crypto import chunked
from ringfence.crypto.errors import CannotOpen
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target
from tenants.isolation.two_keys import Place, decrypt_without_commitment, sealed_for_two

ID = "CR-05"
TITLE = "No sealed value opens under two keys"
PROVES = "A forged value that ordinary encryption opens for two customers, with two meanings, opens for one at most."
SEEDED = False

SALT = bytes(range(chunked.SALT_BYTES))
OURS, RIVALS = b"\x11" * chunked.KEY_BYTES, b"\x99" * chunked.KEY_BYTES
PAIRS: tuple[tuple[str, Place, Place], ...] = (
    ("two keys", (OURS, b"ctx"), (RIVALS, b"ctx")),
    ("two rows under one key", (OURS, b"row 1"), (OURS, b"row 2")),
)


def detect(target: Target) -> Finding:
    """Craft a chunk for two places, commit to each in turn, and open it at both."""
    tally = Tally(ID)
    for name, one, other in PAIRS:
        for here, there in ((one, other), (other, one)):
            sealed = sealed_for_two(here, there, SALT)
            tally.look(2)
            if not _opens(target, here, sealed):
                tally.wrong(f"{name}: the value does not open where it is committed")
            if _opens(target, there, sealed):
                tally.wrong(f"{name}: one value opens at two places")
    return tally.finding()


def _opens(target: Target, place: Place, sealed: bytes) -> bool:
    try:
        target.decoder(*place, sealed)
    except CannotOpen:
        return False
    return True


def _uncommitted(target: Target) -> None:
    before = target.decoder
    target.decoder = decrypt_without_commitment
    target.undo.callback(setattr, target, "decoder", before)


PLANTS = (
    Plant("uncommitted", "Values are opened without checking which key they are committed to", _uncommitted),
)

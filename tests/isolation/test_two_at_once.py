"""The live check and the shadow's process hold long transactions side by side: neither waits for the other's end."""

import time

from tenants.isolation.runner import Shadow
from tenants.isolation.target import Target

PATIENCE_SECONDS = 180


def test_what_both_make_of_a_canary_makes_neither_wait(live: Target) -> None:
    with live.rehearsal(seeded=True):
        shadow = Shadow(["DB-14"])
        until = time.monotonic() + PATIENCE_SECONDS
        while shadow.wait(0.5) and time.monotonic() < until:
            pass
        trouble = shadow.end()

    assert trouble == ""
    assert [each["rehearsal"]["quiet"] for each in shadow.told] == [True]

"""The demo's time-stamping authority, which `manage.py timestamp` asks each minute instead of each day.

It stands for an authority that courts know. On one machine it shows how it goes, and its word is worth nothing.
"""

from collections.abc import Callable

from ringfence.demo.layout import Layout
from ringfence.embedded.authority import is_installed


def prepare_authority(layout: Layout, say: Callable[[str], None]) -> None:
    """Make its key at the first start, and choose the port that the environment of who asks it names."""
    if is_installed():
        layout.authority.prepare(anew=True)
    else:
        say("  no time-stamps: asn1crypto is not installed")

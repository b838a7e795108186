"""An S3 server with Object Lock for tests: SeaweedFS from its wheel, on loopback, removed at the end."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from audit.anchors.bucket import BucketTrouble, Place, connect, make_bucket
from ringfence.embedded.bucket import BucketServer

START_SECONDS = 120


def reading(place: Place) -> Place:
    """Return the same bucket as whoever only reads there reaches it."""
    assert place.keys is not None
    return replace(place, keys=place.keys.parent / "reading.keys", days=0)


@contextmanager
def bucket_server(days: int = 1) -> Iterator[Place]:
    """Yield a bucket with Object Lock."""
    folder = Path(tempfile.mkdtemp(prefix="rfw-", dir="/tmp"))
    made = BucketServer(folder)
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(made.prepare(anew=True), stdout=subprocess.DEVNULL, stderr=output)
    place = Place(made.endpoint, "worm", days=days, keys=made.keys)
    try:
        _wait(place, server, log)
        yield place
    finally:
        # Asked to end it waits half a minute for connections, and what it holds is thrown away.
        server.kill()
        server.wait()
        made.sweep()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(place: Place, server: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            make_bucket(connect(place), place)
        except BucketTrouble:
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError(log.read_text(errors="replace")[-4_000:]) from None
            time.sleep(0.5)
        else:
            return

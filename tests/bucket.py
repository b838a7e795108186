"""An S3 server with Object Lock for tests: SeaweedFS from its wheel, on loopback, removed at the end."""

import json
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from audit.anchors.bucket import Place, connect

WEED = Path(sys.prefix) / "bin" / "weed"
START_SECONDS = 120


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on; SeaweedFS takes each one's neighbour 10,000 above for itself."""
    with ExitStack() as held:
        found = []
        while len(found) < count:
            taken = held.enter_context(socket.socket())
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            if port + 10_000 < 65_536:
                found.append(port)
        return found


@contextmanager
def bucket_server(days: int = 1) -> Iterator[Place]:
    """Yield a bucket with Object Lock."""
    folder = Path(tempfile.mkdtemp(prefix="rfw-", dir="/tmp"))
    key_id, secret = "anchors", secrets.token_urlsafe(18)
    (folder / "keys").write_text(f"{key_id}\n{secret}\n")
    identity = {
        "name": "anchors",
        "credentials": [{"accessKey": key_id, "secretKey": secret}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    (folder / "data").mkdir()
    s3, filer, master, volume = free_ports(4)
    server = subprocess.Popen(
        [
            str(WEED), "-logtostderr=true", "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder / 'data'}",
            f"-master.port={master}", f"-volume.port={volume}", "-filer", f"-filer.port={filer}", "-s3",
            f"-s3.port={s3}", f"-s3.config={folder / 's3.json'}", "-volume.max=50", "-master.volumeSizeLimitMB=16",
        ],
        stdout=subprocess.DEVNULL,
        stderr=(folder / "log").open("wb"),
    )  # fmt: skip
    place = Place(f"http://127.0.0.1:{s3}", "worm", days=days, keys=folder / "keys")
    try:
        _make_bucket(place, server, folder / "log")
        yield place
    finally:
        # Asked to end it waits half a minute for connections, and what it holds is thrown away.
        server.kill()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _make_bucket(place: Place, server: "subprocess.Popen[bytes]", log: Path) -> None:
    client = connect(place)
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            client.create_bucket(Bucket=place.bucket, ObjectLockEnabledForBucket=True)
        except (BotoCoreError, ClientError):
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError(log.read_text(errors="replace")[-4_000:]) from None
            time.sleep(0.5)
        else:
            return

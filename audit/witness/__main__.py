"""`python -m audit.witness --dir DIR --name NAME --trust VKEY`: a witness on one's own machine.

Needs Python and `cryptography`; no Django, no database server. It prints the two lines that a policy takes, serves
until it is stopped, and keeps everything it must remember in DIR. Exit code 2 says that it could not begin.
"""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from audit.errors import Malformed
from audit.witness.judging import Refused, trusted_logs
from audit.witness.memory import MemoryTrouble, Witness
from audit.witness.server import WitnessServer

LOOPBACK = "127.0.0.1:9470"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m audit.witness",
        description="Cosign the checkpoints of logs.",
        fromfile_prefix_chars="@",
        epilog="@FILE takes arguments from a file, one in each line.",
    )
    add_arguments(parser)
    return serve(parser.parse_args(arguments))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what a witness must be told; the same for both ways to start one."""
    parser.add_argument("--dir", type=Path, required=True, help="the witness's own folder, mode 0700")
    parser.add_argument(
        "--name", required=True, help="the name it signs under, such as witness.example.com/w1"
    )
    parser.add_argument(
        "--trust",
        action="append",
        required=True,
        metavar="VKEY",
        help="the key of a log to cosign; may be repeated",
    )
    parser.add_argument("--listen", default=LOOPBACK, metavar="HOST:PORT", help=f"default: {LOOPBACK}")
    parser.add_argument("--prefix", default="", help="path before /add-checkpoint, such as /witness")


def serve(options: argparse.Namespace) -> int:
    """Open the folder, say who signs, and answer until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        host, port = _address(options.listen)
        witness = Witness(options.dir, options.name, trusted_logs(options.trust))
        server = WitnessServer((host, port), witness, prefix=options.prefix.rstrip("/"))
    except (Malformed, MemoryTrouble, Refused, OSError, ValueError) as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 2
    for vkey in witness.vkeys:
        sys.stdout.write(f"{vkey}\n")
    where = server.server_address
    sys.stdout.write(f"listening on {where[0]!s}:{where[1]}\n")
    sys.stdout.flush()
    # shutdown() waits for the loop, so it cannot be called by the thread that runs it.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    with server:
        server.serve_forever(poll_interval=0.1)
    return 0


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or not port.isascii() or int(port) > 65_535:
        raise ValueError(f"not an address of the form host:port: {text!r}")
    return host.strip("[]"), int(port)


if __name__ == "__main__":
    sys.exit(main())

"""`make demo`: starts everything under one supervisor, waits until it is healthy, says where it is.

`start` (with `--detach`: and leaves it running), `stop`, `status`, `reset`. VAR and PORT are
read from the environment.
"""

import argparse
import contextlib
import os
import shutil
import signal
import sys
from types import FrameType

from ringfence.demo.control import Supervisor
from ringfence.demo.layout import FOLDERS, Layout, layout_from
from ringfence.demo.lifetime import Demo, health, running_address, say
from ringfence.demo.who import code_now
from ringfence.embedded.errors import EmbeddedError


def welcome(layout: Layout) -> None:
    """Print one address and one login."""
    say(f"\n  Ringfence runs at {layout.base_url}/demo")
    people = layout.people()
    if people is None:
        return
    first = people["start"]
    say(f"  Log in as {first['email']} with the password {first['password']}")
    code = next((code_now(person) for person in people["people"] if person["email"] == first["email"]), "")
    if code:
        say(f"  The second factor shows {code} now, and make who prints the next ones")
    say("  Everybody else: make who")


def reset(layout: Layout) -> None:
    """Remove everything below VAR that is ours, and PostgreSQL's data where it lies elsewhere."""
    demo = Demo(layout)
    if not layout.var.exists() and not layout.postgres.place.exists():
        return
    layout.make()
    demo.lock.take(living=demo.who_runs)
    try:
        layout.postgres.remove()
        layout.valkey.remove()
        layout.bucket.sweep()
        for name in (*FOLDERS, "demo.json"):
            path = layout.var / name
            if path.is_dir() and name != "run":
                shutil.rmtree(path)
            elif path.is_file():
                path.unlink()
        shutil.rmtree(layout.var / "run")
    finally:
        demo.lock.drop()
    with contextlib.suppress(OSError):
        layout.var.rmdir()  # stays when it holds something that is not ours


def status(layout: Layout) -> int:
    """Print every process and its state; return 0 when all run and are healthy, 3 when none does, else 1."""
    supervisor = Supervisor(layout)
    if not supervisor.answers():
        say(f"no demo runs on {layout.var}")
        return 3
    states = supervisor.states()
    for state in states:
        say(f"{state.name:<10} {state.state:<9} {state.detail}")
    problem = health(Layout(layout.var, int(running_address(layout).rpartition(":")[2])))
    say(problem or f"healthy: {running_address(layout)}")
    return 1 if problem or any(state.state != "RUNNING" for state in states) else 0


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _start(layout: Layout, *, detach: bool) -> int:
    demo = Demo(layout)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        demo.start(detach=detach)
        welcome(layout)
        if detach:
            return 0
        say("  Ctrl-C stops it\n")
        demo.stay()
    except KeyboardInterrupt:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # stopping once is enough
        say("\nstopping")
        demo.stop()
        say("stopped; `make demo` starts it again with everything in it")
        return 0
    say("the supervisor was stopped")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Carry out one command; a line on standard error and 1 when it cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m ringfence.demo.supervise")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("start", help="start everything and stay until Ctrl-C")
    start.add_argument("--detach", action="store_true", help="leave it running")
    commands.add_parser("stop", help="stop a running demo")
    commands.add_parser("status", help="print each process; 0 healthy, 1 not, 3 not running")
    commands.add_parser("reset", help="remove the demo with all its data")
    asked = parser.parse_args(arguments)
    try:
        layout = layout_from(dict(os.environ))
        if asked.command == "start":
            return _start(layout, detach=asked.detach)
        if asked.command == "status":
            return status(layout)
        if asked.command == "reset":
            reset(layout)
            say(f"removed: {layout.var}")
            return 0
        say("stopped" if Demo(layout).stop() else f"no demo runs on {layout.var}")
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Becomes another program: as another user, and not outliving the process that asked.

Run as a script by `process.py`, and called in place by `python -m ringfence.embedded.postgres run`.
A script of its own, because the steps must happen between fork and exec, and Python's
`preexec_fn` is not safe in a process with threads. It imports the standard library alone:
it runs with `-I -S`, where nothing else is found.
"""

import argparse
import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1
"""From <linux/prctl.h>: the signal this process gets when its parent ends, however it ends."""


def end_with_parent(death_signal: int = signal.SIGKILL) -> None:
    """Ask the kernel to send us `death_signal` when our parent ends; Linux alone can, others do nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)


def become(
    program: Sequence[str],
    *,
    environment: dict[str, str],
    user: int | None = None,
    group: int | None = None,
    parent: int | None = None,
    death_signal: int | None = None,
) -> None:
    """Replace this process by `program`; returns only by raising `OSError`.

    Args:
        program: absolute path and arguments.
        user: user id to become, with `group` as the only group; None stays who we are.
        parent: id of the process that must still be our parent, or we end at once.
        death_signal: what `program` gets when its parent ends (`end_with_parent`).
    """
    if user is not None and group is not None:
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    if death_signal is not None:
        end_with_parent(death_signal)  # after setuid: a change of user clears the request
        if parent is not None and os.getppid() != parent:
            sys.exit(1)  # it ended before we could ask to be told
    os.umask(0o077)
    os.chdir("/")  # never hold a folder that the server's user may not enter
    os.execve(program[0], list(program), environment)  # noqa: S606 - no shell is the point


def main() -> None:
    """Read the request from the command line and become the program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--user", type=int)
    parser.add_argument("--group", type=int)
    parser.add_argument("--parent", type=int)
    parser.add_argument("--death-signal", type=int)
    parser.add_argument("program", nargs="+")
    asked = parser.parse_args()
    become(
        asked.program,
        environment=dict(os.environ),
        user=asked.user,
        group=asked.group,
        parent=asked.parent,
        death_signal=asked.death_signal,
    )


if __name__ == "__main__":
    main()

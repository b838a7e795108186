"""Becomes a process of the demo: `python -m ringfence.demo.enter ENVIRONMENT-FILE PROGRAM …`.

The program sees the file's environment and nothing of ours, and ends when the supervisor ends.
"""

import os
import signal
import sys
from pathlib import Path

from ringfence.demo.environments import read_environment
from ringfence.embedded.launch import become


def main() -> None:
    """Read the environment and become the program."""
    file, *program = sys.argv[1:]
    become(
        program,
        environment=read_environment(Path(file).read_text(encoding="utf-8")),
        parent=os.getppid(),
        death_signal=signal.SIGTERM,
    )


if __name__ == "__main__":
    main()

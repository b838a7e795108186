"""Runs a management command with the environment of one of the demo's processes.

`python -m ringfence.demo.command PROCESS COMMAND …`, as in `… web isolation_check --format text`.
"""

import os
import subprocess
import sys

from ringfence.demo.environments import REACH, read_environment
from ringfence.demo.layout import layout_from
from ringfence.embedded.errors import EmbeddedError


def main() -> int:
    """Run the command and return its exit code; a line on standard error and 1 when there is no demo."""
    process, *command = sys.argv[1:] or [""]
    try:
        if process not in REACH or not command:
            raise EmbeddedError(f"usage: PROCESS COMMAND …, with PROCESS one of {', '.join(REACH)}")
        file = layout_from(dict(os.environ)).environment_of(process)
        try:
            environment = read_environment(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise EmbeddedError(f"cannot read {file} ({error.strerror}): make demo first") from error
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    return subprocess.call([sys.executable, "-m", "django", *command], env=environment)


if __name__ == "__main__":
    sys.exit(main())

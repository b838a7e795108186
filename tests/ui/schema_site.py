"""A real site for browser tests of managers' pages: web server, people, a project; everything is stored and logged."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.annotation.live import Processes
from tests.stack import Stack


@contextmanager
def running_site(stack: Stack) -> Iterator[str]:
    """Serve the site with its static files; yield its address."""
    stack.manage("collectstatic", "--noinput", "-v0")
    processes = Processes(stack)
    try:
        processes.start_web()
        yield f"http://127.0.0.1:{processes.port}"
    finally:
        processes.stop()

"""Services of a bench's own, durable as an install's are, with Django set up on them in this process."""

import contextlib
import os
from collections.abc import Callable, Iterator

from tests.stack import Stack, new_stack


@contextlib.contextmanager
def own_services(prepare: Callable[[Stack], None] = lambda stack: None) -> Iterator[Stack]:
    """Start a stack, `prepare` it, and set Django up as the web process has it; remove everything at the end."""
    stack = new_stack(durable=True)
    try:
        stack.start()
        (stack.directory / "static").mkdir(exist_ok=True)
        prepare(stack)
        os.environ.update(stack.environment())
        import django

        django.setup()
        from django.db import connections

        try:
            yield stack
        finally:
            connections.close_all()
    finally:
        stack.stop()

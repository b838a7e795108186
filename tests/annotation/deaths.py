"""Deaths at a chosen statement: of the process that works, and of the PostgreSQL backend that serves it."""

import os
import signal
import time
from collections.abc import Callable
from typing import Any

from django.db import OperationalError, connection, connections

Work = Callable[[], object]
STARTS_AGAIN_SECONDS = 30.0


def dies_at(work: Work, statement: int) -> bool:
    """Run `work` in a child that kills itself with -9 before its n-th statement; say whether it died of it."""
    # A child must not share a socket with its parent.
    connections.close_all()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with connection.execute_wrapper(_at(statement, lambda: os.kill(os.getpid(), signal.SIGKILL))):
                work()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, status
    return os.WIFSIGNALED(status)


def backend_dies_at(work: Work, statement: int) -> bool:
    """Run `work` and kill its PostgreSQL backend with -9 before its n-th statement; say whether it came so far.

    PostgreSQL ends every other connection then and recovers from its log.
    """
    killed = []

    def kill() -> None:
        killed.append(connection.connection.info.backend_pid)
        os.kill(killed[0], signal.SIGKILL)

    try:
        with connection.execute_wrapper(_at(statement, kill)):
            work()
    except OperationalError:
        connections.close_all()
        _wait_for_postgres()
    return bool(killed)


def _at(statement: int, act: Callable[[], None]) -> Any:
    left = [statement]

    def execute(run: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            act()
        return run(sql, params, many, context)

    return execute


def _wait_for_postgres() -> None:
    until = time.monotonic() + STARTS_AGAIN_SECONDS
    while True:
        try:
            with connection.cursor() as cursor:
                cursor.execute("select 1")
            return
        except OperationalError:
            connections.close_all()
            if time.monotonic() > until:
                raise
            time.sleep(0.05)

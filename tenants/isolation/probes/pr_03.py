"""PR-03: who is acting never bleeds from one unit of work into another, in threads, tasks or after errors."""

import asyncio
import threading
from typing import Any
from uuid import UUID

from django.db import connection

from ringfence.kernel import context as kernel_context
from ringfence.kernel.context import TenantContext, UnitOfWork, current_tenant_id, in_unit
from ringfence.kernel.errors import ContextAlreadyEntered
from tenants.isolation.findings import Finding, Tally
from tenants.isolation.probe import Plant
from tenants.isolation.target import Target

ID = "PR-03"
TITLE = "Two requests served at once never take each other's workspace"
PROVES = (
    "A server that works for two customers in the same instant never confuses which one it is working for."
)
SEEDED = False

ROUNDS = 20
WAIT_SECONDS = 20


class Broken(Exception):
    """Raised in the middle of a unit of work, to see what it leaves behind."""


def detect(target: Target) -> Finding:
    """Enter K1 and K2 at the same moment, many times, and ask both Python and PostgreSQL who is acting."""
    tally = Tally(ID)
    problems: list[str] = []
    _in_threads(target, problems)
    tally.look(2 * ROUNDS)
    asyncio.run(_in_tasks(target, problems))
    tally.look(2 * ROUNDS)
    for context in target.canaries:
        tally.look()
        try:
            with target.as_app(context):
                raise Broken
        except Broken:
            pass
        except ContextAlreadyEntered:
            problems.append("a unit of work begins while another one still acts")
        if in_unit():
            problems.append("a unit of work that failed is still acting")
    for problem in sorted(set(problems)):
        tally.wrong(problem)
    return tally.finding()


def _in_threads(target: Target, problems: list[str]) -> None:
    barrier = threading.Barrier(2, timeout=WAIT_SECONDS)

    def work(context: TenantContext) -> None:
        try:
            for _ in range(ROUNDS):
                with target.as_app(context):
                    barrier.wait()
                    told = target.ask("SELECT rf.tenant()")[0][0]
                    _compare(problems, "threads", context, current_tenant_id(), told)
                    barrier.wait()
                barrier.wait()
        except Exception as error:
            problems.append(f"a thread ended with {type(error).__name__}")
            barrier.abort()
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(context,)) for context in target.canaries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_SECONDS * 2)


async def _in_tasks(target: Target, problems: list[str]) -> None:
    async def work(context: TenantContext) -> None:
        for _ in range(ROUNDS):
            token = kernel_context._unit.set(UnitOfWork(context))
            await asyncio.sleep(0)
            _compare(problems, "tasks", context, current_tenant_id(), context.tenant_id)
            kernel_context._unit.reset(token)
            await asyncio.sleep(0)

    results = await asyncio.gather(*(work(context) for context in target.canaries), return_exceptions=True)
    problems.extend(f"a task ended with {type(r).__name__}" for r in results if isinstance(r, BaseException))


def _compare(problems: list[str], where: str, context: TenantContext, ours: UUID, postgres: UUID) -> None:
    if ours != context.tenant_id:
        problems.append(f"in {where}, one canary's work took the other's place")
    if postgres != context.tenant_id:
        problems.append(f"in {where}, PostgreSQL answered for the other canary")


class Everybody:
    """A variable of the whole process, where each unit of work ought to have its own."""

    def __init__(self) -> None:
        self._value: Any = None

    def get(self) -> Any:
        """Return what anybody set last."""
        return self._value

    def set(self, value: Any) -> Any:
        """Set it for everybody."""
        before, self._value = self._value, value
        return before

    def reset(self, before: Any) -> None:
        """Put back what stood there."""
        self._value = before


def _replace(target: Target, name: str, value: Any) -> None:
    target.undo.callback(setattr, kernel_context, name, getattr(kernel_context, name))
    setattr(kernel_context, name, value)


def _global(target: Target) -> None:
    _replace(target, "_unit", Everybody())


def _sticky(target: Target) -> None:
    class Sticky(Everybody):
        """Per thread in effect, but never put back."""

        def __init__(self) -> None:
            self._local = threading.local()

        def get(self) -> Any:
            return getattr(self._local, "value", None)

        def set(self, value: Any) -> Any:
            self._local.value = value
            return value

        def reset(self, before: Any) -> None:
            self._local.value = before

    _replace(target, "_unit", Sticky())


PLANTS = (
    Plant("global", "All requests of a server share one note of whom they work for", _global),
    Plant("sticky", "A request that ends leaves its note of whom it worked for behind", _sticky),
)

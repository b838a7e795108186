"""Scheduled work of this room. A message carries nothing: the worker looks at the counters itself."""

from celery import shared_task

from tenants import liveness  # noqa: F401 - its signals start the pulse of whoever loads the tasks
from tenants.gate.places import has_operator
from tenants.services.count_failures import write_counts


@shared_task(name="tenants.write_failure_counts", ignore_result=True)  # type: ignore[untyped-decorator]
def write_failure_counts() -> None:
    """Write the failed sign-ins of the minutes that are over into the platform log."""
    if has_operator():
        write_counts()

"""Canaries of the log's tables and example requests of its routes, for the isolation check."""

from audit.models import Body, Log
from ringfence.kernel.context import TenantContext
from ringfence.kernel.registry import CanaryRows, canary_for


@canary_for(Log)
def log_of_canary(context: TenantContext, rows: CanaryRows) -> Log:
    """Return the log that was opened with the tenant."""
    return Log.objects.get()


@canary_for(Body)
def body_of_canary(context: TenantContext, rows: CanaryRows) -> Body:
    """Return the log's first event. Raises `Body.DoesNotExist` until the sequencer has run once."""
    return Body.objects.earliest("seq")

"""What the shell of every page shows: who is here, in which workspace, and whether its keys are the demo's."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from ringfence.kernel.context import TenantContext


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: values for `ringfence/base.html`."""
    context: TenantContext | None = getattr(request, "context", None)
    return {
        "tenant": context.public_id if context else "",
        "role": context.role if context else "",
        "may": frozenset(p.value for p in context.permissions) if context else frozenset(),
        "local_keys": settings.KEY_SERVICE == "local",
        "mode": settings.MODE,
    }

"""System checks: the absence of a declaration is the failure."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.urls import URLPattern, URLResolver, get_resolver

from ringfence.kernel.models import TenantModel
from ringfence.kernel.permissions import Permission, Public
from ringfence.kernel.registry import CANARIES, DOORS, EXAMPLES
from ringfence.kernel.ways_out import troubles


def routes(
    resolver: URLResolver | None = None, prefix: str = "", namespace: str = ""
) -> Iterator[tuple[str, str, URLPattern]]:
    """Yield (name, path, pattern) of every route, walked from the URL resolver."""
    for entry in (resolver or get_resolver()).url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from routes(entry, path, inner)
        else:
            yield namespace + (entry.name or ""), path, entry


def view_class_of(pattern: URLPattern) -> Any:
    """Return the class behind a route, or None for a bare function."""
    callback = pattern.callback
    return getattr(callback, "view_class", None) or getattr(callback, "cls", None)


@register(Tags.security)
def every_model_is_isolated(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Each model is a `TenantModel`, or is declared shared with a reason (ringfence.E001)."""
    return [
        Error(
            f"{model._meta.label} holds rows of no tenant and is not declared shared.",
            hint="Subclass TenantModel, or add it to settings.SHARED_MODELS with the reason.",
            obj=model,
            id="ringfence.E001",
        )
        for model in apps.get_models(include_auto_created=True)
        if not issubclass(model, TenantModel) and model._meta.label not in settings.SHARED_MODELS
    ]


@register(Tags.security)
def every_tenant_model_has_a_canary(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Each tenant model can be seeded in a canary tenant (ringfence.E002)."""
    return [
        Error(
            f"{model._meta.label} has no canary, so the isolation check could not examine it.",
            hint="Register one with canary_for(...) in the app's isolation.py.",
            obj=model,
            id="ringfence.E002",
        )
        for model in apps.get_models()
        if issubclass(model, TenantModel) and model not in CANARIES
    ]


@register(Tags.security)
def every_route_declares_who_may(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Each route is a class with `requires`, and a tenant's route has an example request (ringfence.E003, E004)."""
    problems: list[CheckMessage] = []
    for name, path, pattern in routes():
        requires = getattr(view_class_of(pattern), "requires", None)
        if isinstance(requires, dict):
            declared = bool(requires) and all(isinstance(r, Permission | Public) for r in requires.values())
        else:
            declared = isinstance(requires, Permission | Public)
        if not declared and name not in settings.OUTSIDE_ROUTES:
            problems.append(
                Error(
                    f"The route {name or path} does not declare who may use it.",
                    hint="Set `requires` to a Permission, or to Public with the reason, on the view class.",
                    id="ringfence.E003",
                )
            )
        if "<tenant>" in path.replace("str:", "") and name not in EXAMPLES:
            problems.append(
                Error(
                    f"The tenant route {name or path} has no example request.",
                    hint="Register one with example_request_for(...) in the app's isolation.py.",
                    id="ringfence.E004",
                )
            )
    return problems


def own_sources() -> dict[str, str]:
    """Return module name -> text of everything that is ours, whether somebody has imported it or not."""
    found: dict[str, str] = {}
    for name in settings.OWN_PACKAGES:
        root = Path(str(import_module(name).__file__)).parent
        for path in sorted(root.rglob("*.py")):
            parts = (name, *path.relative_to(root).with_suffix("").parts)
            found[".".join(parts).removesuffix(".__init__")] = path.read_text(encoding="utf-8")
    return found


@register(Tags.security)
def every_way_out_is_a_door(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Whatever makes a file, a mail or a request outwards says by which registered door it leaves (ringfence.E005)."""
    return [
        Error(
            trouble,
            hint="Register a door(...) in the app's isolation.py, and mark the function with leaves_by(...).",
            id="ringfence.E005",
        )
        for trouble in troubles(own_sources(), DOORS)
    ]

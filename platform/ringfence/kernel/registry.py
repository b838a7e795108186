"""What points up goes through here: canaries, example requests, bootstrap scripts, doors and names.

Each app fills the registry in its own `isolation.py` when Django starts. A system check fails for a
tenant model without canary, for a tenant route without example request, and for a way out without door.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from django.db import models

from ringfence.kernel.context import TenantContext

Canary = Callable[[TenantContext, "CanaryRows"], models.Model]


class CanaryRows(dict[type[models.Model], models.Model]):
    """The rows that one canary tenant has so far, by model; a factory finds its parents here."""


@dataclass(frozen=True, slots=True)
class ExampleRequest:
    """How to call one route in a canary tenant: ids come from that tenant's rows.

    Attributes:
        method: upper-case HTTP method.
        kwargs: path arguments beside `tenant`, values are ids of the canary's rows.
        body: JSON body for APIs, form fields for pages.
        by_session: an API route that a browser's session alone may call, and no token.
    """

    method: str
    kwargs: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    by_session: bool = False


CANARIES: dict[type[models.Model], Canary] = {}
EXAMPLES: dict[str, list[Callable[[CanaryRows], ExampleRequest]]] = {}
BOOTSTRAP: list[Path] = []
"""SQL files that `manage.py bootstrap` applies to the cell and to the shadow, in this order.

`{owner}`, `{definer}`, `{audit_owner}` and `{rotator}` stand for role names, `{log_origin}` for the prefix of
the names of logs.
"""


def canary_for(model: type[models.Model]) -> Callable[[Canary], Canary]:
    """Register the function that makes one row of `model` in a canary tenant. Once for each model."""

    def register(factory: Canary) -> Canary:
        if model in CANARIES:
            raise ValueError(f"{model._meta.label} has a canary already")
        CANARIES[model] = factory
        return factory

    return register


def example_request_for(
    route: str,
) -> Callable[[Callable[[CanaryRows], ExampleRequest]], Callable[[CanaryRows], ExampleRequest]]:
    """Register how to call the route named `route` (`namespace:name`). One function for each method."""

    def register(factory: Callable[[CanaryRows], ExampleRequest]) -> Callable[[CanaryRows], ExampleRequest]:
        EXAMPLES.setdefault(route, []).append(factory)
        return factory

    return register


@dataclass(frozen=True, slots=True)
class Door:
    """A way out of the platform: what leaves there, and to whom. Code that lets it leave says `leaves_by(name)`."""

    name: str
    what: str
    to: str


DOORS: dict[str, Door] = {}
MEMBER = "the acting member, judged by the gate"


def door(name: str, *, what: str, to: str = MEMBER) -> Door:
    """Register a way out; `to` says who receives, and where that was judged."""
    if name in DOORS:
        raise ValueError(f"the door {name} is registered already")
    DOORS[name] = Door(name, what, to)
    return DOORS[name]


Through = TypeVar("Through", bound=Callable[..., Any])


def leaves_by(*doors: str) -> Callable[[Through], Through]:
    """Declare that through this function something leaves, by these doors. The system check reads it in the source.

    Args:
        doors: literal names of registered doors.
    """

    def declare(function: Through) -> Through:
        return function

    return declare


def lets_leave(function: Through) -> Through:
    """Declare a helper of several ways out: whoever calls it lets something leave, and says by which door."""
    return function


Namer = Callable[[TenantContext, Collection[UUID]], Mapping[UUID, str]]
NAMERS: dict[str, Namer] = {}


def namer_for(kind: str) -> Callable[[Namer], Namer]:
    """Register how objects of `kind` (as log entries name kinds) are called on pages of lower rooms."""

    def register(namer: Namer) -> Namer:
        if kind in NAMERS:
            raise ValueError(f"objects of kind {kind} have a namer already")
        NAMERS[kind] = namer
        return namer

    return register


def names_of(context: TenantContext, kind: str, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Return the opened names of those of `ids` that exist and have one, inside `acting(context)`."""
    namer = NAMERS.get(kind)
    return namer(context, ids) if namer is not None and ids else {}


Leaver = Callable[[TenantContext, UUID], Mapping[str, int]]
LEAVERS: list[Leaver] = []


def when_kept_away(leaver: Leaver) -> Leaver:
    """Register what else ends when the tenant's policy begins to keep a member away: leases, running exports.

    Called with the member's id inside the unit of work that bars them; returns counts for its log entry.
    """
    LEAVERS.append(leaver)
    return leaver

"""The population of the checks on routes: every tenant route and method, with the requests that attack it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.urls import NoReverseMatch, reverse

from ringfence.kernel.checks import routes, view_class_of
from ringfence.kernel.permissions import GRANTS, Permission, Role
from ringfence.kernel.registry import EXAMPLES, CanaryRows, ExampleRequest
from ringfence.web.pages import permission_for
from tenants.gate.canaries import Credentials
from tenants.isolation.caller import Call
from tenants.isolation.catalog import cells
from tenants.isolation.target import Target

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one tenant route."""

    name: str
    method: str
    permission: Permission | None

    @property
    def label(self) -> str:
        """The name for people."""
        return f"{self.method} {self.name}"

    def example(self, rows: CanaryRows) -> ExampleRequest | None:
        """Return how to call it with ids from `rows`; None when nobody has said, or a row is missing."""
        borrowed = None
        for factory in EXAMPLES.get(self.name, ()):
            try:
                made = factory(rows)
            except KeyError:
                continue
            if made.method == self.method:
                return made
            borrowed = ExampleRequest(self.method, made.kwargs)
        return borrowed

    def call(self, public_id: str, example: ExampleRequest) -> Call | None:
        """Return the request in the tenant with this public id; None when the example does not fit the route."""
        try:
            path = reverse(self.name, kwargs={"tenant": public_id, **example.kwargs})
        except NoReverseMatch:
            return None
        return Call(self.method, path, example.body, example.by_session)

    def roles(self, credentials: dict[Role, Credentials]) -> list[Role]:
        """Return the roles to call with: all that may, and first of those that may not."""
        may = [role for role in credentials if self.permission is None or self.permission in GRANTS[role]]
        return may + [role for role in credentials if role not in may][:1]


def tenant_routes() -> Iterator[Route]:
    """Yield every method of every route below a tenant, walked from the URL resolver."""
    for name, path, pattern in routes():
        if "<tenant>" not in path.replace("str:", ""):
            continue
        view_class = view_class_of(pattern)
        for method in METHODS:
            if (
                view_class is not None
                and hasattr(view_class, method.lower())
                and hasattr(view_class, "requires")
            ):
                yield Route(name, method, permission_for(view_class, method))


def needles(target: Target) -> list[bytes]:
    """Return what no answer to K1 may hold: ids of K2, and what its sealed cells say."""
    found = {target.k2.tenant_id.hex, str(target.k2.tenant_id), target.k2.public_id}
    for row in target.rows(target.k2).values():
        if isinstance(row.pk, UUID):
            found |= {row.pk.hex, str(row.pk)}
    said = []
    for context in target.canaries:
        with target.as_app(context):
            opened = {
                target.opener(context, sealed, field, row, 1)
                for field, _, row, sealed in cells(target, context)
                if field.purpose == "data"
            }
        said.append({text for text in opened if len(text) >= 16})
    return [each.encode() for each in sorted(found)] + sorted(said[1] - said[0])


def absent_like(example: ExampleRequest, theirs: ExampleRequest) -> ExampleRequest:
    """Return `theirs` with ids that nobody has, in the places where it differs from `example`."""
    kwargs: dict[str, Any] = {
        name: uuid4() if example.kwargs.get(name) != value else value for name, value in theirs.kwargs.items()
    }
    return ExampleRequest(theirs.method, kwargs, theirs.body)


def differs_in_path(one: ExampleRequest, other: ExampleRequest) -> bool:
    """Say whether two examples name different objects in the path."""
    return one.kwargs != other.kwargs

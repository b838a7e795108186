"""Routes of plants, beside the real ones. In force in the shadow's process alone, while a plant stands."""

from importlib import import_module
from types import ModuleType

from django.conf import settings
from django.urls import clear_url_caches, path

from ringfence.kernel.registry import EXAMPLES, CanaryRows, ExampleRequest
from tenants.isolation import planted_calls as calls
from tenants.isolation import planted_views as views
from tenants.isolation.target import Target
from tenants.models import Member

WHERE = "w/<str:tenant>/planted/<uuid:member_id>"
ROUTES = {
    "planted-read": ("GET", path(WHERE, views.Reads.as_view(), name="planted-read")),
    "planted-write": ("POST", path(WHERE, views.Writes.as_view(), name="planted-write")),
    "planted-early": (
        "GET", path(WHERE, views.AsksEarly.as_view(), name="planted-early")
    ),
    "planted-slow": (
        "GET", path(WHERE, views.WorksFirst.as_view(), name="planted-slow")
    ),
    "planted-reaching": ("GET", path(WHERE, calls.Reaches.as_view(), name="planted-reaching")),
    "planted-telling": ("GET", path(WHERE, calls.Tells.as_view(), name="planted-telling")),
    "planted-quoting": ("GET", path(WHERE, calls.Quotes.as_view(), name="planted-quoting")),
    "planted-untold": ("GET", path(WHERE, calls.ShowsUntold.as_view(), name="planted-untold")),
    "planted-misnaming": ("GET", path(WHERE, calls.Misnames.as_view(), name="planted-misnaming")),
}  # fmt: skip


def add_route(target: Target, name: str, *, declared: bool = True) -> None:
    """Put one careless page beside the real ones, until the plant is undone."""
    method, pattern = ROUTES[name]
    # Above this room, so reached by its name only.
    real = import_module(settings.ROOT_URLCONF)
    module = ModuleType("planted")
    module.urlpatterns = [pattern, *real.urlpatterns]  # type: ignore[attr-defined]  # what a module of routes has
    module.handler404 = real.handler404  # type: ignore[attr-defined]
    before = settings.ROOT_URLCONF

    def back() -> None:
        settings.ROOT_URLCONF = before
        clear_url_caches()

    settings.ROOT_URLCONF = module
    clear_url_caches()
    target.undo.callback(back)
    if declared:

        def example(rows: CanaryRows) -> ExampleRequest:
            return ExampleRequest(method, {"member_id": rows[Member].pk})

        EXAMPLES[name] = [example]
        target.undo.callback(EXAMPLES.pop, name)


def open_members(target: Target) -> None:
    """Let every row of the members' table through, so that only the page's own care is left."""
    target.run("CREATE POLICY planted ON tenants_member USING (true)")

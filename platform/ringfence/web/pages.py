"""Bases of all views. A view class without a declared permission cannot be defined."""

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View
from rest_framework.views import APIView

from ringfence.kernel.context import TenantContext
from ringfence.kernel.permissions import Permission, Public

Requires = Permission | Public | dict[str, Permission]


def check_declaration(cls: type, *, public: bool) -> None:
    """Raise TypeError unless `cls.requires` says who may use the view."""
    requires = getattr(cls, "requires", None)
    if isinstance(requires, dict) and requires and all(isinstance(p, Permission) for p in requires.values()):
        return
    if not isinstance(requires, Public if public else Permission):
        kind = "Public(reason)" if public else "Permission.…, or a dict of method to Permission,"
        raise TypeError(f"{cls.__qualname__} must set requires = {kind}")


def permission_for(view_class: Any, method: str) -> Permission | None:
    """Return what `method` on this view requires; None for a public view or a method it does not offer."""
    requires = view_class.requires
    if isinstance(requires, dict):
        wanted = requires.get("GET" if method == "HEAD" else method)
        return wanted if isinstance(wanted, Permission) else None
    return requires if isinstance(requires, Permission) else None


class PublicPage(View):
    """A page outside every tenant: sign-in, invitations, health. Says why no permission guards it."""

    requires: ClassVar[Public]
    template = ""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        check_declaration(cls, public=True)

    def page(self, status: int = 200, **values: Any) -> HttpResponse:
        """Render the template."""
        return render(self.request, self.template, values, status=status)


class TenantPage(View):
    """A page of one tenant. The gate has entered its context; `unit = "own"` leaves `acting()` to the view."""

    requires: ClassVar[Requires]
    unit: ClassVar[str] = "request"
    template = ""
    request: HttpRequest

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        check_declaration(cls, public=False)

    @property
    def context(self) -> TenantContext:
        """The context that the gate made for this request."""
        return self.request.context  # type: ignore[attr-defined, no-any-return]

    def page(self, status: int = 200, **values: Any) -> HttpResponse:
        """Render the template, inside the unit of work."""
        return render(self.request, self.template, values, status=status)


class TenantAPIView(APIView):
    """An API route of one tenant: parse, call one service, render."""

    requires: ClassVar[Requires]
    unit: ClassVar[str] = "request"
    authentication_classes = ()
    permission_classes = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        check_declaration(cls, public=False)

    @property
    def context(self) -> TenantContext:
        """The context that the gate made for this request."""
        return self.request._request.context  # type: ignore[attr-defined, no-any-return]

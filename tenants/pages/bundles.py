"""Pages of proof bundles that a worker makes: ask, watch, take away, remove."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ringfence.kernel.context import acting
from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import Requires, TenantPage
from ringfence.web.states import badge_of
from tenants import bundles as words
from tenants.downloads import bundle_file_answer
from tenants.pages.bundle_forms import AskBundleForm
from tenants.pages.forms import show_refusal
from tenants.services.ask_bundle import ask_bundle
from tenants.services.read_bundles import BundleProgress, list_bundles, read_bundle
from tenants.services.remove_bundle import remove_bundle

PROBLEMS: dict[str, str | Promise] = {
    words.ACCESS_ENDED: gettext_lazy("Whoever asked may no longer do so. Ask again yourself."),
    words.ERASED_MEANWHILE: gettext_lazy(
        "Something that it held was erased since, and it would have kept it. Ask for a new one."
    ),
    words.KEYS_GONE: gettext_lazy(
        "A key that it was sealed with is destroyed, so nobody can open it. Ask for a new one."
    ),
    words.PROOF_WRONG: gettext_lazy(
        "The entries of this log are not those of its signed checkpoint. Compare your newest pin, and write to us."
    ),
    words.REFUSED: gettext_lazy(
        "It would have been larger than a bundle can be. Give a shorter time, or take the whole log."
    ),
}
CONDITIONS: dict[str, str | Promise] = {
    "item_id": gettext_lazy("about"),
    "member_id": gettext_lazy("member"),
    "project_id": gettext_lazy("project"),
    "since": gettext_lazy("from"),
    "until": gettext_lazy("before"),
}


class BundlesPage(TenantPage):
    """The form that asks for a bundle, and those of this workspace."""

    requires: ClassVar[Requires] = Permission.AUDIT_EXPORT
    unit = "own"
    template = "tenants/bundles.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them; `?item_id=` and its like fill the form in."""
        return self._show(
            AskBundleForm(initial={name: request.GET.get(name) for name in AskBundleForm.base_fields})
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask for one and go to its page."""
        form = AskBundleForm(request.POST)
        if form.is_valid():
            try:
                bundle_id = ask_bundle(
                    self.context, from_size=form.cleaned_data["from_size"] or 0, selection=form.selection()
                )
            except RingfenceError as refusal:
                show_refusal(form, refusal)
            else:
                return HttpResponseRedirect(reverse("bundles:one", args=[self.context.public_id, bundle_id]))
        return self._show(form, status=400)

    def _show(self, form: AskBundleForm, status: int = 200) -> HttpResponse:
        with acting(self.context):
            bundles = [(each, title_of(each)) for each in list_bundles(self.context)]
            return self.page(status=status, form=form, bundles=bundles)


class OneBundlePage(TenantPage):
    """One bundle: live progress, download, digest."""

    requires: ClassVar[Requires] = Permission.AUDIT_EXPORT
    template = "tenants/bundle.html"

    def get(self, request: HttpRequest, bundle_id: UUID) -> HttpResponse:
        """Show where it stands."""
        found = read_bundle(self.context, bundle_id=bundle_id)
        problem = str(PROBLEMS.get(found.problem, _("It could not be made. Ask again.")))
        return self.page(
            bundle=found,
            title=title_of(found),
            conditions=conditions_of(found),
            problem=problem if found.state == "failed" else "",
        )


class BundleProgressPage(TenantPage):
    """How far a bundle is, for the page that shows it."""

    requires: ClassVar[Requires] = Permission.AUDIT_EXPORT

    def get(self, request: HttpRequest, bundle_id: UUID) -> HttpResponse:
        """Answer in the words of `polling.js`; recorded nowhere, since nothing of an event leaves."""
        return JsonResponse(polled(read_bundle(self.context, bundle_id=bundle_id)))


class BundleFilePage(TenantPage):
    """The file."""

    requires: ClassVar[Requires] = Permission.AUDIT_EXPORT
    unit = "own"

    def get(self, request: HttpRequest, bundle_id: UUID) -> HttpResponseBase:
        """Send it, whole or from the byte that the browser asks for."""
        return bundle_file_answer(self.context, request, bundle_id)


class RemoveBundlePage(TenantPage):
    """The button that stops or removes a bundle."""

    requires: ClassVar[Requires] = {"POST": Permission.AUDIT_EXPORT}
    unit = "own"

    def post(self, request: HttpRequest, bundle_id: UUID) -> HttpResponse:
        """Remove it and go back to its page."""
        remove_bundle(self.context, bundle_id=bundle_id)
        return HttpResponseRedirect(reverse("bundles:one", args=[self.context.public_id, bundle_id]))


def title_of(found: BundleProgress) -> str:
    """Return what the bundle holds, in a few words."""
    if found.selected:
        return _("Chosen events")
    if found.from_size:
        return _("Events since %(size)s") % {"size": f"{found.from_size:,}"}
    return _("The whole log")


def conditions_of(found: BundleProgress) -> list[tuple[str, str]]:
    """Return (word, value) of each condition."""
    return [(str(CONDITIONS[name]), str(value)) for name, value in found.selected.items()]


def polled(found: BundleProgress) -> dict[str, Any]:
    """Return the answer that `polling.js` writes into the page."""
    said = _("%(done)s of %(total)s events written") % {"done": found.done, "total": found.total}
    if found.finding:
        said = _("%(done)s of %(total)s events opened") % {"done": found.opened, "total": found.to_open}
    return {
        # Another state loads the page anew: what it shows differs.
        "state": found.state
        + ("-unattended" if found.unattended else "")
        + ("-finding" if found.finding else ""),
        "done": found.ended,
        "values": {
            "done": found.done,
            "total": found.total,
            "kib": found.kib,
            "opened": found.opened,
            "to_open": found.to_open,
        },
        "badges": {"bundle": badge_of(found.state)},
        "say": said,
    }

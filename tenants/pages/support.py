"""A workspace's own pages about the operator's support: who asks, who is here, what they do, and what was."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from audit.pages.sentences import sentence_of, tone_of
from audit.services.acts_of import Act
from ringfence.kernel.context import acting
from ringfence.kernel.errors import NotFound, RingfenceError
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage
from tenants.pages.forms import show_refusal
from tenants.services.decide_support import approve_support, refuse_support
from tenants.services.end_support import end_support
from tenants.services.read_support import list_visits, names_in, read_visit, watch_visit
from tenants.services.support_rows import Visit
from tenants.values import VisitState


class ApproveForm(forms.Form):
    """How long, and the owner's own code for this one act."""

    code = forms.CharField(
        label=_l("A code of your second factor"),
        max_length=40,
        help_text=_l("Asked for again, so that nobody lets support in from a page that you left open."),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, most: int, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["minutes"] = forms.IntegerField(
            label=_l("Minutes, from now on"),
            min_value=1,
            max_value=most,
            initial=most,
            help_text=_("At most what was asked for: %(most)s.") % {"most": most},
        )
        self.order_fields(["minutes", "code"])


class SupportPage(TenantPage):
    """Everything about support in this workspace: asks, the visit that runs, and past ones."""

    requires = Permission.SUPPORT_VIEW
    template = "tenants/support.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it: why and by whom are opened, so it is a delivery."""
        visits = list_visits(self.context)
        return self.page(
            waiting=[each for each in visits if each.state is VisitState.ASKED],
            here=[each for each in visits if each.running],
            past=[each for each in visits if not each.running and each.state is not VisitState.ASKED],
            names=names_in(self.context, visits),
        )


class VisitPage(TenantPage):
    """One visit: to decide on, to watch as it happens, or to read afterwards."""

    requires = Permission.SUPPORT_VIEW
    template = "tenants/support_visit.html"

    def get(self, request: HttpRequest, session_id: UUID) -> HttpResponse:
        """Show it."""
        return show_visit(self, session_id, None)


class WatchPage(TenantPage):
    """What the visitor does, as the page asks for it every other second."""

    requires = Permission.SUPPORT_VIEW

    def get(self, request: HttpRequest, session_id: UUID) -> HttpResponse:
        """Return what is new; `?seen=` is how many events the page has."""
        written = request.GET.get("seen", "")
        seen = int(written) if written.isdecimal() and len(written) < 10 else -1
        watched = watch_visit(self.context, session_id=session_id, seen=seen)
        return JsonResponse(
            {
                "state": watched.state.value,
                "total": watched.total,
                "left": watched.seconds_left,
                "acts": [_row(act) for act in watched.acts],
            }
        )


class ApprovePage(TenantPage):
    """Lets the visitor in."""

    requires = Permission.SUPPORT_DECIDE
    unit = "own"
    template = "tenants/support_visit.html"

    def post(self, request: HttpRequest, session_id: UUID) -> HttpResponse:
        """Approve; a refusal stands at its field."""
        with acting(self.context):
            most = read_visit(self.context, session_id=session_id).minutes
        form, status = ApproveForm(request.POST, most=most), 400
        if form.is_valid():
            try:
                approve_support(
                    self.context,
                    request,
                    session_id=session_id,
                    minutes=form.cleaned_data["minutes"],
                    code=form.cleaned_data["code"],
                )
            except NotFound:
                raise
            except RingfenceError as refusal:
                show_refusal(form, refusal)
                status = refusal.status
            else:
                return back_to_visit(self.context.public_id, session_id)
        with acting(self.context):
            return show_visit(self, session_id, form, status)


class RefusePage(TenantPage):
    """Keeps the visitor out."""

    requires = Permission.SUPPORT_DECIDE

    def post(self, request: HttpRequest, session_id: UUID) -> HttpResponse:
        """Refuse."""
        refuse_support(self.context, session_id=session_id)
        return back_to_visit(self.context.public_id, session_id)


class EndPage(TenantPage):
    """Ends a visit at once."""

    requires = Permission.SUPPORT_END
    unit = "own"

    def post(self, request: HttpRequest, session_id: UUID) -> HttpResponse:
        """End it."""
        end_support(self.context, session_id=session_id)
        return back_to_visit(self.context.public_id, session_id)


def show_visit(
    page: TenantPage, session_id: UUID, form: ApproveForm | None, status: int = 200
) -> HttpResponse:
    """Answer with one visit, inside the unit of work."""
    context = page.context
    visit = read_visit(context, session_id=session_id)
    watched = watch_visit(context, session_id=session_id)
    decides = visit.state is VisitState.ASKED and Permission.SUPPORT_DECIDE in context.permissions
    return page.page(
        status=status,
        visit=visit,
        names=names_in(context, [visit]),
        acts=[_row(act) for act in watched.acts],
        watched=watched,
        whole=(visit.approved_minutes or 0) * 60,
        form=(form or ApproveForm(most=visit.minutes)) if decides else None,
        counts=_counted(visit),
    )


def back_to_visit(tenant: str, session_id: UUID) -> HttpResponse:
    """Lead back to the visit."""
    return HttpResponseRedirect(reverse("tenants:support-visit", args=[tenant, session_id]))


def _row(act: Act) -> dict[str, Any]:
    kind = act.object_kind.replace("_", " ")
    return {
        "id": str(act.event_id),
        "at": act.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "when": act.at,
        "words": sentence_of(act.verb),
        "about": act.object_name or (kind if act.object_id is not None else ""),
        "tone": tone_of(act.verb),
    }


def _counted(visit: Visit) -> list[tuple[str, int]]:
    return [(sentence_of(verb), count) for verb, count in (visit.counts or {}).items()]

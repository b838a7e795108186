"""The log's page: its state, its events in words, the bundle and the pin, and how to verify."""

import re
from typing import ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.download import bundle_answer, file_answer
from audit.pages.forms import BundleForm, FilterForm
from audit.pages.picture import picture_of
from audit.pages.sentences import sentence_of, tone_of
from audit.pages.succession import words_of
from audit.services.choose_witnesses import choose_witnesses
from audit.services.export_bundle import export_bundle
from audit.services.log_picture import log_picture
from audit.services.log_state import LogStatus, heartbeats, log_status
from audit.services.pin_file import pin_file
from audit.services.successions import successions
from audit.services.timeline import Filters, Line, TimelinePage, timeline
from audit.services.timestamped import stamp_of
from audit.services.witnessed import watch
from audit.single_file import NAME, single_file
from audit.single_page import NAME as PAGE_NAME
from audit.single_page import single_page
from ringfence.kernel.errors import Invalid, NotFound
from ringfence.kernel.permissions import Permission
from ringfence.kernel.registry import leaves_by
from ringfence.web.pages import Requires, TenantPage
from ringfence.web.states import badge_of

LINES_ON_A_PAGE = 50
LONGEST_VALUE = 80
"""Characters of one value: a digest stands there whole, on a phone in two lines; the API gives all."""
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class LogPage(TenantPage):
    """What happened in this workspace, newest first."""

    requires: ClassVar[Requires] = Permission.AUDIT_VIEW
    template = "audit/log.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of events. A filter that cannot be read shows its errors and no events."""
        form = FilterForm(request.GET)
        status, watching = log_status(self.context), watch(self.context)
        stamp = stamp_of(self.context)
        chosen = form.filters() if form.is_valid() else None
        found = timeline(self.context, chosen, limit=LINES_ON_A_PAGE) if chosen else TimelinePage((), None)
        older = request.GET.copy()
        older["before"] = str(found.next_before)
        newest = request.GET.copy()
        newest.pop("before", None)
        return self.page(
            form=form,
            log=status,
            word=status.word,
            numbers=numbers_of(status),
            beats=heartbeats(),
            rows=[
                (
                    line,
                    who_of(line),
                    sentence_of(line.verb),
                    tone_of(line.verb),
                    detail_of(line),
                    line.object_kind.replace("_", " "),
                )
                for line in found.lines
            ],
            filtered=chosen not in (None, Filters()),
            searched=found.searched,
            picture=picture_of(log_picture(self.context)),
            bundle_form=BundleForm.like(chosen) if chosen else None,
            older=f"?{older.urlencode()}" if found.next_before is not None else "",
            newest=f"?{newest.urlencode()}" if request.GET.get("before") else "",
            watch=watching,
            size_known=f"{watching.size:,}" if watching and watching.size else "",
            stamp=stamp,
            succeeded=[(step, words_of(step)) for step in successions(self.context)],
            stamped_size=f"{stamp.size:,}" if stamp else "",
            choices_wanted=range(1, len(watching.watchers) + 1) if watching else (),
            may_watch=Permission.AUDIT_WATCH in self.context.permissions,
            may_export=Permission.AUDIT_EXPORT in self.context.permissions,
            public_id=self.context.public_id,
            api_url=f"{settings.BASE_URL}/api/v1/{self.context.public_id}/audit",
        )


class LogStatePage(TenantPage):
    """The live numbers above the timeline, as `polling.js` takes them."""

    requires: ClassVar[Requires] = Permission.AUDIT_VIEW

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return numbers and badge; recorded nowhere, since nothing of an event leaves."""
        status = log_status(self.context)
        return JsonResponse(
            {
                "state": "log",
                "done": False,
                "values": numbers_of(status),
                "badges": {"log": badge_of(status.word)},
            }
        )


class PinPage(TenantPage):
    """The pin file as a download."""

    requires: ClassVar[Requires] = Permission.AUDIT_VIEW

    @leaves_by("audit-pin")
    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the file."""
        pin = pin_file(self.context)
        return file_answer(pin.content, pin.name)


class VerifierPage(TenantPage):
    """The offline verifier in one file, as a download: public text, and nothing of the workspace."""

    requires: ClassVar[Requires] = Permission.AUDIT_VIEW

    @leaves_by("audit-verifier")
    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the file."""
        return file_answer(single_file(), NAME)


class VerifierInBrowserPage(TenantPage):
    """The verifier as one page for a browser, as a download; it never runs below our address."""

    requires: ClassVar[Requires] = Permission.AUDIT_VIEW

    @leaves_by("audit-verifier")
    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the file. Raises `NotFound` where it was never built."""
        page = single_page()
        if page is None:
            raise NotFound
        return file_answer(page, PAGE_NAME, "text/html; charset=utf-8")


class BundlePage(TenantPage):
    """The proof bundle of the whole log as a download."""

    requires: ClassVar[Requires] = Permission.AUDIT_EXPORT
    unit = "own"

    def post(self, request: HttpRequest) -> StreamingHttpResponse:
        """Return the streamed zip, of the whole log or of the events that the form names. Raises `Invalid`."""
        form = BundleForm(request.POST)
        if not form.is_valid():
            field, errors = next(iter(form.errors.items()))
            raise Invalid(str(errors[0]), field=field)
        return bundle_answer(export_bundle(self.context, selection=form.selection()))


class WitnessesPage(TenantPage):
    """How many witnesses must cosign."""

    requires: ClassVar[Requires] = Permission.AUDIT_WATCH

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep the choice and go back to the log's page."""
        written = request.POST.get("wanted", "")
        wanted = int(written) if re.fullmatch("[1-9][0-9]?", written, re.ASCII) else 0
        choose_witnesses(self.context, wanted=wanted)
        return redirect(f"{reverse('audit:log', args=[self.context.public_id])}#watchers")


def numbers_of(status: LogStatus) -> dict[str, str]:
    """Return the numbers in the tiles, written for people."""
    signed = status.checkpoint.size if status.checkpoint else 0
    return {"size": f"{status.size:,}", "waiting": f"{status.pending:,}", "signed": f"{signed:,}"}


def who_of(line: Line) -> str:
    """Return the actor's name; a short form of their id where nobody here may read, or remembers, the name."""
    if line.erased_by is not None:
        return _("Somebody erased")
    if not line.actor_name and line.pii is not None and "role" not in line.pii:
        # Members act in a role; services act in none.
        return _("The platform")
    return line.actor_name or short_id(str(line.actor_id))


def short_id(written: str) -> str:
    """Return both ends of an id; ids made in the same moment begin alike."""
    return f"{written[:8]}…{written[-6:]}"


def detail_of(line: Line) -> str:
    """Return what the event tells beyond its sentence, in one short line."""
    if line.core is None:
        return _("erased")
    parts = []
    for name, value in line.detail.items():
        if isinstance(value, list):
            parts.append(
                ngettext("%(count)s object", "%(count)s objects", len(value)) % {"count": len(value)}
            )
        else:
            written = ID.sub(lambda found: short_id(found[0]), str(value))
            short = written if len(written) <= LONGEST_VALUE else written[: LONGEST_VALUE - 1] + "…"
            parts.append(f"{name.replace('_', ' ')}: {short}")
    return " · ".join(parts)

"""Whom a person works for, directs, advises or holds shares of: asked at the first sign-in, and again in time."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ringfence.kernel.errors import RingfenceError
from ringfence.kernel.permissions import Public
from ringfence.web.pages import PublicPage
from tenants.gate.registry import declared_on
from tenants.gate.sessions import Visitor
from tenants.people.declaring import ROLE_WORDS, Rows, dropped
from tenants.people.visiting import next_of, onward, stepped_up
from tenants.services.declare_in_words import MOST_TIES, declare_in_words, reaffirm, said_ties


class DeclarationPage(PublicPage):
    """Shows a person their own declaration and takes the next one."""

    requires = Public("the session names the person; it shows and takes their own declaration only")
    template = "people/declaration.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show what stands, and the form."""
        visitor, _ = stepped_up(request)
        return self._show(visitor, None)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take a declaration, or draw the form with one row more or fewer."""
        visitor, _ = stepped_up(request)
        if "drop" in request.POST or "more" in request.POST:
            return self._show(visitor, Rows.redrawn(request.POST, drop=dropped(request.POST)))
        if "same" in request.POST and declared_on(visitor.person_id) is not None:
            reaffirm(visitor.person_id)
            return self._on(visitor)
        rows, status = Rows.sent(request.POST), 400
        ties = rows.judged()
        if ties is not None:
            try:
                declare_in_words(visitor.person_id, ties)
            except RingfenceError as refusal:
                rows.errors.append(str(refusal))
                status = refusal.status
            else:
                return self._on(visitor)
        return self._show(visitor, rows, status)

    def _on(self, visitor: Visitor) -> HttpResponse:
        wanted = next_of(self.request)
        if wanted:
            return onward(visitor, wanted)
        return HttpResponseRedirect(f"{reverse('people:declaration')}?said=kept")

    def _show(self, visitor: Visitor, rows: Rows | None, status: int = 200) -> HttpResponse:
        last = declared_on(visitor.person_id)
        ties = [] if last is None else said_ties(visitor.person_id)
        return self.page(
            status=status,
            last=last,
            ties=[(tie, ROLE_WORDS[tie.role]) for tie in ties],
            rows=rows or Rows.kept(ties),
            editing=rows is not None or last is None,
            full=rows is not None and rows.count >= MOST_TIES,
            next=next_of(self.request),
            said=self.request.GET.get("said") == "kept",
        )

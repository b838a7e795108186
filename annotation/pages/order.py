"""What the pages of items do with a queue's order, and how they say what was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotation.pages.order_form import Do, OrderForm
from annotation.services.list_assignments import list_assignments
from annotation.services.reserve_tasks import reserve_tasks
from annotation.services.set_priority import set_priority
from annotation.services.unreserve_tasks import unreserve_tasks
from annotation.values import Priority, ProjectRight
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.permissions import Role
from tenants.services.list_members import list_members


@dataclass(frozen=True, slots=True)
class Names:
    """Names of members, opened by one delivery, and those who label in the project."""

    by_id: dict[UUID, str]
    labelers: tuple[tuple[UUID, str], ...]

    def of(self, member_id: UUID | None) -> str:
        """Return a name for a page."""
        return self.by_id.get(member_id, _("a former member")) if member_id else ""


def names_in(context: TenantContext, *, project_id: UUID) -> Names:
    """Return them: a delivery. Inside a unit of work."""
    assigned = list_assignments(context, project_id=project_id)
    members, _more = list_members(context)
    labelers = [
        (member.member_id, member.name)
        for member in members
        if member.role is Role.LABELER and ProjectRight.LABEL in assigned.get(member.member_id, ())
    ]
    return Names(
        {member.member_id: member.name for member in members},
        tuple(sorted(labelers, key=lambda pair: pair[1].casefold())),
    )


def put_in_order(
    context: TenantContext, *, project_id: UUID, form: OrderForm, tasks: Sequence[UUID] | None
) -> dict[str, Any]:
    """Do what the pressed button says with these items, None for all; return what `done_words` says of it.

    Opens its own units of work. Raises what the services raise.
    """
    given = form.cleaned_data
    if form.pressed == Do.PRIORITY:
        priority = Priority[given["priority"].upper()]
        return {
            "said": "moved",
            "n": set_priority(context, project_id=project_id, priority=priority, tasks=tasks),
        }
    named = list(tasks or ())
    with acting(context):
        if form.pressed == Do.FREE:
            return {"said": "freed", "n": unreserve_tasks(context, project_id=project_id, tasks=named)}
        kept = reserve_tasks(context, project_id=project_id, member_id=given["member"], tasks=named)
        return {"said": "kept", "n": len(kept), "of": len(set(named))}


def to_page(route: str, args: Sequence[Any], query: dict[str, Any]) -> HttpResponse:
    """Lead to a page that says what was done."""
    return HttpResponseRedirect(f"{reverse(f'annotation:{route}', args=args)}?{urlencode(query)}")


def done_words(request: HttpRequest) -> dict[str, str]:
    """Return what the page says of what was just done, as `said` for good news and `noted` for none."""
    said, n, of = request.GET.get("said", ""), _number(request, "n"), _number(request, "of")
    words = {
        "moved": ngettext(
            "{n} wanted answer has this priority now.", "{n} wanted answers have this priority now.", n
        ),
        "kept": ngettext(
            "{n} of {of} items is kept for this person now.",
            "{n} of {of} items are kept for this person now.",
            n,
        ),
        "freed": ngettext(
            "{n} answer that was kept is open to everybody now.",
            "{n} answers that were kept are open to everybody now.",
            n,
        ),
        "returned": _("The answer is returned. Its giver gets the item again, with your words."),
    }
    nothing = {
        "moved": _("Nothing had to move: all is answered, put aside, or has this priority already."),
        "kept": _("Nothing was kept: no answer is open, or the person has the item already or answered it."),
        "freed": _("Nothing was freed: none of these items was kept for anybody. Items in work stay so."),
    }
    if said in nothing and n == 0:
        return {"noted": nothing[said]}
    if said == "kept" and n < of:
        rest = _("For the others no answer is open, or the person has the item already or answered it.")
        return {"said": f"{words['kept'].format(n=n, of=of)} {rest}"}
    return {"said": words[said].format(n=n, of=of)} if said in words else {}


def _number(request: HttpRequest, name: str) -> int:
    given = request.GET.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 10 else 0

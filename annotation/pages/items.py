"""The page on which managers look at items, and order the queue."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from annotation.labels.item import as_text
from annotation.pages.forms import show_refusal
from annotation.pages.order import done_words, names_in, put_in_order, to_page
from annotation.pages.order_form import OrderForm, Which, ticked_tasks
from annotation.pages.projects import project_values
from annotation.services.find_tasks import find_tasks
from annotation.services.list_items import list_items
from annotation.services.list_skills import needed_skills
from annotation.services.read_project import read_project
from annotation.values import ProjectRight
from ringfence.kernel.context import acting
from ringfence.kernel.errors import NotFound, RingfenceError
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage

SHOWN_CHARACTERS = 600


class ItemsPage(TenantPage):
    """Up to 100 items at a time, opened; ticked ones, named ones or all get a priority or a person."""

    requires = {"GET": Permission.ITEM_READ, "POST": Permission.PROJECT_MANAGE}
    unit = "own"
    template = "annotation/items.html"

    def get(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Show a page of items: a bulk read, in the log before it leaves."""
        return self._show(project_id)

    def post(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Order the queue, or say why not and keep what was typed and ticked."""
        form = OrderForm(request.POST)
        if not form.is_valid():
            return self._show(project_id, form, 400)
        try:
            tasks = self._named(project_id, form)
            if form.errors:
                return self._show(project_id, form, 400)
            done = put_in_order(self.context, project_id=project_id, form=form, tasks=tasks)
        except NotFound:
            raise
        except RingfenceError as refusal:
            show_refusal(form, refusal)
            return self._show(project_id, form, refusal.status)
        return to_page("items", [self.context.public_id, project_id], done | {"after": self._after()})

    def _named(self, project_id: UUID, form: OrderForm) -> list[UUID] | None:
        which = form.cleaned_data["which"]
        if which == Which.ALL:
            return None
        if which == Which.TICKED:
            return ticked_tasks(self.request.POST)
        with acting(self.context):
            found = find_tasks(self.context, project_id=project_id, external_ids=form.external_ids())
        if found.unknown:
            form.refuse_unknown(found.unknown)
        return list(found.tasks)

    def _after(self) -> int:
        given = (self.request.POST if self.request.method == "POST" else self.request.GET).get("after", "0")
        return int(given) if given.isdecimal() and len(given) < 19 else 0

    def _show(self, project_id: UUID, form: OrderForm | None = None, status: int = 200) -> HttpResponse:
        after, form = self._after(), form or OrderForm()
        with acting(self.context):
            texts = read_project(self.context, project_id=project_id)
            page = list_items(self.context, project_id=project_id, after=after)
            manages = ProjectRight.MANAGE in texts.project.rights
            names = names_in(self.context, project_id=project_id) if manages and page.items else None
            form.offer(names.labelers if names else ())
            ticked = set(self.request.POST.getlist("item"))
            rows = [
                (
                    item,
                    [
                        (as_text(name), as_text(value)[:SHOWN_CHARACTERS])
                        for name, value in item.fields.items()
                        if name != "id"
                    ],
                    [names.of(member_id) for member_id in item.reserved_for] if names else [],
                    str(item.task_id) in ticked,
                )
                for item in page.items
            ]
            return self.page(
                status=status,
                **project_values(texts),
                rows=rows,
                page=page,
                after=after,
                following=f"?after={page.after}",
                manages=manages,
                needed=needed_skills(self.context, project_id=project_id) if page.items else [],
                form=form,
                **done_words(self.request),
            )

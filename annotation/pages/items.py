"""The page on which managers look at items."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from annotation.labels.item import as_text
from annotation.pages.projects import project_values
from annotation.services.list_items import list_items
from annotation.services.read_project import read_project
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantPage

SHOWN_CHARACTERS = 600


class ItemsPage(TenantPage):
    """Up to 100 items at a time, opened."""

    requires = Permission.ITEM_READ
    template = "annotation/items.html"

    def get(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Show a page of items: a bulk read, in the log before it leaves."""
        texts = read_project(self.context, project_id=project_id)
        given = request.GET.get("after", "0")
        after = int(given) if given.isdecimal() and len(given) < 19 else 0
        page = list_items(self.context, project_id=project_id, after=after)
        rows = [
            (
                item,
                [
                    (as_text(name), as_text(value)[:SHOWN_CHARACTERS])
                    for name, value in item.fields.items()
                    if name != "id"
                ],
            )
            for item in page.items
        ]
        return self.page(
            **project_values(texts), rows=rows, page=page, after=after, following=f"?after={page.after}"
        )

"""The page on which a manager says who labels and who reads."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from annotation.access import EVERY_PROJECT
from annotation.pages.projects import SAID, project_values, to_project
from annotation.services.assign_member import assign_member
from annotation.services.list_assignments import list_assignments
from annotation.services.read_project import read_project
from annotation.services.unassign_member import unassign_member
from annotation.values import ProjectRight
from ringfence.kernel.errors import NotFound
from ringfence.kernel.permissions import Permission, Role
from ringfence.web.pages import TenantPage
from tenants.services.list_members import list_members

RIGHT_FOR = {
    Role.LABELER: ProjectRight.LABEL,
    Role.REVIEWER: ProjectRight.READ,
    Role.MANAGER: ProjectRight.MANAGE,
}
"""What assigning means for each role; a right beyond the role could not be used."""


class PeoplePage(TenantPage):
    """Members of the workspace, and whether they work on this project."""

    requires = {"GET": Permission.PROJECT_MANAGE, "POST": Permission.PROJECT_MANAGE}
    template = "annotation/people.html"

    def get(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Show them; names are sealed, so this is a delivery."""
        texts = read_project(self.context, project_id=project_id)
        assigned = list_assignments(self.context, project_id=project_id)
        members, more = list_members(self.context)
        rows = [
            (member, RIGHT_FOR[member.role], RIGHT_FOR[member.role] in assigned.get(member.member_id, ()))
            for member in members
            if member.role in RIGHT_FOR
        ]
        return self.page(
            **project_values(texts),
            rows=sorted(rows, key=lambda row: (list(RIGHT_FOR).index(row[0].role), row[0].name.casefold())),
            everywhere=[member for member in members if member.role in EVERY_PROJECT],
            labelers=sum(1 for member, _, on in rows if on and member.role is Role.LABELER),
            more=more,
            said=SAID.get(request.GET.get("said", "")),
        )

    def post(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Assign, or end an assignment; items that the person holds go back to the queue."""
        try:
            member_id = UUID(request.POST.get("member", ""))
            right = ProjectRight(request.POST.get("right", ""))
        except ValueError as malformed:
            raise NotFound("member") from malformed
        change = unassign_member if request.POST.get("do") == "end" else assign_member
        change(self.context, project_id=project_id, member_id=member_id, right=right)
        return to_project(self.context.public_id, project_id, said="assigned", route="people")

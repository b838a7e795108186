"""The page on which a manager says who labels and who reads, and which skills that takes."""

from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from annotation.access import EVERY_PROJECT
from annotation.pages.forms import show_refusal
from annotation.pages.projects import SAID, project_values, to_project
from annotation.services.assign_member import assign_member
from annotation.services.create_skill import MOST_NAME, create_skill
from annotation.services.list_assignments import list_assignments
from annotation.services.list_skills import ListedSkill, list_skills
from annotation.services.read_project import read_project
from annotation.services.set_skills import set_member_skills, set_project_skills
from annotation.services.unassign_member import unassign_member
from annotation.values import ProjectRight
from ringfence.kernel.context import acting
from ringfence.kernel.errors import NotFound, RingfenceError
from ringfence.kernel.permissions import Permission, Role
from ringfence.web.pages import TenantPage
from tenants.services.list_members import ListedMember, list_members

RIGHT_FOR = {
    Role.LABELER: ProjectRight.LABEL,
    Role.REVIEWER: ProjectRight.READ,
    Role.MANAGER: ProjectRight.MANAGE,
}
"""What assigning means for each role; a right beyond the role could not be used."""

SAYS = SAID | {
    "skills": _("Their skills are noted. It counts from their next item on, in every project."),
    "need": _("Done. It counts from the next item on; items that are out stay out."),
    "skill": _("The skill is there. Note below who has it."),
}


class SkillForm(forms.Form):
    """A new skill."""

    name = forms.CharField(
        label=_("New skill"),
        max_length=MOST_NAME,
        help_text=_("A language, a trade, a training: your own word. Sealed; every project can need it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One member on the page."""

    member: ListedMember
    right: ProjectRight
    assigned: bool
    skills: tuple[ListedSkill, ...]
    lacks: tuple[ListedSkill, ...]
    """What the project needs and they do not have; only of those who label."""

    @property
    def labels(self) -> bool:
        """Say whether they are somebody who labels."""
        return self.right is ProjectRight.LABEL


class PeoplePage(TenantPage):
    """Members of the workspace, whether they work on this project, and the skills that it needs."""

    requires = {"GET": Permission.PROJECT_MANAGE, "POST": Permission.PROJECT_MANAGE}
    unit = "own"
    template = "annotation/people.html"

    def get(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Show them; names are sealed, so this is a delivery."""
        return self._show(project_id)

    def post(self, request: HttpRequest, project_id: UUID) -> HttpResponse:
        """Assign or end an assignment, or change skills: of a member, of the project, of the workspace."""
        pressed = request.POST.get("do", "")
        if pressed == "skill":
            return self._new_skill(project_id)
        with acting(self.context):
            if pressed == "need":
                set_project_skills(self.context, project_id=project_id, skills=self._skills())
                said = "need"
            elif pressed == "skills":
                list_assignments(self.context, project_id=project_id)  # only for whoever manages the project
                set_member_skills(self.context, member_id=self._id("member"), skills=self._skills())
                said = "skills"
            else:
                change = unassign_member if pressed == "end" else assign_member
                change(self.context, project_id=project_id, member_id=self._id("member"), right=self._right())
                said = "assigned"
        return to_project(self.context.public_id, project_id, said=said, route="people")

    def _new_skill(self, project_id: UUID) -> HttpResponse:
        form = SkillForm(self.request.POST)
        if not form.is_valid():
            return self._show(project_id, form, 400)
        try:
            with acting(self.context):
                list_assignments(self.context, project_id=project_id)
                create_skill(self.context, name=form.cleaned_data["name"])
        except NotFound:
            raise
        except RingfenceError as refusal:
            show_refusal(form, refusal)
            return self._show(project_id, form, refusal.status)
        return to_project(self.context.public_id, project_id, said="skill", route="people")

    def _id(self, name: str) -> UUID:
        try:
            return UUID(self.request.POST.get(name, ""))
        except ValueError as malformed:
            raise NotFound(name) from malformed

    def _right(self) -> ProjectRight:
        try:
            return ProjectRight(self.request.POST.get("right", ""))
        except ValueError as malformed:
            raise NotFound("right") from malformed

    def _skills(self) -> list[UUID]:
        try:
            return [UUID(value) for value in self.request.POST.getlist("skill")]
        except ValueError as malformed:
            raise NotFound("skill") from malformed

    def _show(self, project_id: UUID, form: SkillForm | None = None, status: int = 200) -> HttpResponse:
        with acting(self.context):
            texts = read_project(self.context, project_id=project_id)
            assigned = list_assignments(self.context, project_id=project_id)
            skills = list_skills(self.context)
            members, more = list_members(self.context)
            rows = [
                _row(member, project_id, assigned.get(member.member_id, frozenset()), skills)
                for member in members
                if member.role in RIGHT_FOR
            ]
            order = list(RIGHT_FOR.values())
            return self.page(
                status=status,
                **project_values(texts),
                rows=sorted(rows, key=lambda row: (order.index(row.right), row.member.name.casefold())),
                everywhere=[member for member in members if member.role in EVERY_PROJECT],
                labelers=sum(1 for row in rows if row.assigned and row.labels),
                qualified=sum(1 for row in rows if row.assigned and row.labels and not row.lacks),
                skills=skills,
                needed=[skill for skill in skills if project_id in skill.projects],
                form=form or SkillForm(),
                more=more,
                said=SAYS.get(self.request.GET.get("said", "")),
            )


def _row(
    member: ListedMember, project_id: UUID, rights: frozenset[ProjectRight], skills: list[ListedSkill]
) -> PersonRow:
    right = RIGHT_FOR[member.role]
    has = tuple(skill for skill in skills if member.member_id in skill.members)
    needs = (skill for skill in skills if project_id in skill.projects and right is ProjectRight.LABEL)
    return PersonRow(member, right, right in rights, has, tuple(skill for skill in needs if skill not in has))

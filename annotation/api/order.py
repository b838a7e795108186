"""The API by which managers order a queue: priorities, items kept for a person, skills."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api import labor_bodies
from annotation.api.projects import TENANT
from annotation.services.create_skill import create_skill
from annotation.services.list_skills import list_skills
from annotation.services.reserve_tasks import reserve_tasks
from annotation.services.set_priority import set_priority
from annotation.services.set_skills import set_member_skills, set_project_skills
from annotation.services.unreserve_tasks import unreserve_tasks
from annotation.values import Priority
from ringfence.kernel.errors import Invalid
from ringfence.kernel.permissions import Permission
from ringfence.web.pages import TenantAPIView


class PriorityView(TenantAPIView):
    """How soon items of a project are served."""

    requires = Permission.PROJECT_MANAGE
    unit = "own"

    @extend_schema(request=labor_bodies.PriorityBody, responses=labor_bodies.MovedAnswer, parameters=[TENANT])
    def post(self, request: Request, project_id: UUID) -> Response:
        """Move items, or all of them, to a priority; items in work move when they come back."""
        body = labor_bodies.PriorityBody(data=request.data)
        body.is_valid(raise_exception=True)
        tasks = body.validated_data.get("tasks")
        if body.validated_data["all"] == (tasks is not None):
            raise Invalid("Name the items, or say `all`.", field="tasks")
        moved = set_priority(
            self.context,
            project_id=project_id,
            priority=Priority[body.validated_data["priority"].upper()],
            tasks=tasks,
        )
        return Response({"moved": moved})


class ReservationsView(TenantAPIView):
    """Items that are kept for one person."""

    requires = Permission.PROJECT_MANAGE

    @extend_schema(
        request=labor_bodies.ReservationBody, responses=labor_bodies.ReservedAnswer, parameters=[TENANT]
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Keep items for a member who labels here, until they are unassigned; or, for null, for nobody any more."""
        body = labor_bodies.ReservationBody(data=request.data)
        body.is_valid(raise_exception=True)
        member_id, tasks = body.validated_data["member"], body.validated_data["tasks"]
        if member_id is None:
            freed = unreserve_tasks(self.context, project_id=project_id, tasks=tasks)
            return Response({"reserved": [], "freed": freed})
        kept = reserve_tasks(self.context, project_id=project_id, member_id=member_id, tasks=tasks)
        return Response({"reserved": [str(task) for task in kept], "freed": 0})


class SkillsView(TenantAPIView):
    """The skills of the workspace."""

    requires = {"GET": Permission.PROJECT_MANAGE, "POST": Permission.PROJECT_MANAGE}

    @extend_schema(responses=labor_bodies.SkillsAnswer, parameters=[TENANT])
    def get(self, request: Request) -> Response:
        """Return all with names opened: a delivery, in the log before it leaves."""
        return Response(labor_bodies.SkillsAnswer({"skills": list_skills(self.context)}).data)

    @extend_schema(
        request=labor_bodies.NewSkillBody,
        responses={201: labor_bodies.NewSkillAnswer},
        parameters=[TENANT],
    )
    def post(self, request: Request) -> Response:
        """Name a skill."""
        body = labor_bodies.NewSkillBody(data=request.data)
        body.is_valid(raise_exception=True)
        return Response({"id": create_skill(self.context, **body.validated_data)}, status=201)


class ProjectSkillsView(TenantAPIView):
    """The skills that a project needs."""

    requires = {"PUT": Permission.PROJECT_MANAGE}

    @extend_schema(request=labor_bodies.SkillsBody, responses={204: None}, parameters=[TENANT])
    def put(self, request: Request, project_id: UUID) -> Response:
        """Let only people with all of these skills take items from now on; an empty list lets everybody."""
        body = labor_bodies.SkillsBody(data=request.data)
        body.is_valid(raise_exception=True)
        set_project_skills(self.context, project_id=project_id, **body.validated_data)
        return Response(status=204)


class MemberSkillsView(TenantAPIView):
    """The skills that a member has."""

    requires = {"PUT": Permission.PROJECT_MANAGE}

    @extend_schema(request=labor_bodies.SkillsBody, responses={204: None}, parameters=[TENANT])
    def put(self, request: Request, member_id: UUID) -> Response:
        """Note these skills for the member, and no others."""
        body = labor_bodies.SkillsBody(data=request.data)
        body.is_valid(raise_exception=True)
        set_member_skills(self.context, member_id=member_id, **body.validated_data)
        return Response(status=204)

"""Projects and items for tests of the queue, made like an import makes them."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from annotation.labels.item import encode_item
from annotation.models import Project, Slot, Task
from annotation.services.assign_member import assign_member
from annotation.services.create_project import create_project
from annotation.services.set_guidelines import set_guidelines
from annotation.services.set_schema import set_schema
from annotation.values import ProjectRight, SlotState, size_class
from ringfence.kernel.context import TenantContext, acting
from ringfence.kernel.ids import uuid7
from ringfence.kernel.permissions import Role
from tests.world import Someone, Workspace

SCHEMA = {
    "version": 1,
    "item": {"text": "text"},
    "questions": [
        {
            "id": "mood",
            "type": "choice",
            "text": "How does it sound?",
            "options": [{"id": "glad", "text": "Glad"}, {"id": "sad", "text": "Sad"}],
        }
    ],
}
GLAD, SAD = {"mood": "glad"}, {"mood": "sad"}


@dataclass
class Work:
    """A project with its workspace."""

    workspace: Workspace
    project_id: UUID

    def labeler(self, n: int = 0) -> Someone:
        """Return the n-th labeler, assigned to the project."""
        someone = self.workspace.someone(Role.LABELER, n)
        self.assign(someone)
        return someone

    def assign(self, someone: Someone, right: ProjectRight = ProjectRight.LABEL) -> None:
        """Give somebody a right on the project."""
        owner = self.workspace.context()
        with acting(owner):
            assign_member(owner, project_id=self.project_id, member_id=someone.member_id, right=right)

    def add(self, *texts: str, overlap: int = 1) -> list[UUID]:
        """Add items; return their ids in the queue's order."""
        owner = self.workspace.context()
        ids = [uuid7() for _ in texts]
        with acting(owner):
            project = Project.objects.select_for_update().get(id=self.project_id)
            blind = owner.keyring.blinder(field=Task.external_blind)
            sealer = owner.keyring.sealer(field=Task.payload, unit=self.project_id)
            first = project.next_seq
            Task.objects.bulk_create(
                Task(
                    id=task_id,
                    project=project,
                    seq=first + n,
                    payload=sealer.seal(task_id, encode_item({"text": text, "id": f"row-{first + n}"})),
                    size_class=size_class(len(text)),
                    external_blind=blind(f"row-{first + n}"),
                )
                for n, (task_id, text) in enumerate(zip(ids, texts, strict=True))
            )
            Slot.objects.bulk_create(
                Slot(task_id=task_id, n=k, project_id=self.project_id, seq=first + n)
                for n, task_id in enumerate(ids)
                for k in range(overlap)
            )
            project.next_seq = first + len(ids)
            project.save(update_fields=["next_seq"])
        return ids


def new_work(workspace: Workspace, *, overlap: int = 1, lease_minutes: int = 30, schema: bool = True) -> Work:
    """Make a project with a label schema and guidelines, and nobody assigned."""
    owner = workspace.context()
    with acting(owner):
        project_id = create_project(
            owner, name="Sealed project name", overlap=overlap, lease_minutes=lease_minutes
        )
        if schema:
            set_schema(owner, project_id=project_id, schema=SCHEMA)
            set_guidelines(owner, project_id=project_id, markdown="# Listen\n\nTake **care**.")
    return Work(workspace, project_id)


def hold_since(context: TenantContext, ago: timedelta, *task_ids: UUID) -> None:
    """Let items have been taken a while ago."""
    with acting(context):
        assert Slot.objects.filter(task_id__in=task_ids, state=SlotState.LEASED).update(
            taken_at=timezone.now() - ago
        )

"""Find items of a project by the customer's own ids for them, which are stored as blind indexes only."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from annotation.access import reach_project
from annotation.formats.identity import BadExternalId, external_id_of
from annotation.models import Task
from annotation.services import statements
from annotation.values import ProjectRight
from ringfence.kernel.context import TenantContext
from ringfence.kernel.errors import Invalid

MOST_IDS = 1_000

# One probe of the unique index for each id, as importing does it.
_FIND = """
select g.blind, found.id from unnest(%(blinds)s::bytea[]) g(blind) cross join lateral (
    select t.id from annotation_task t
     where t.project_id = %(project)s::uuid and t.external_blind = g.blind limit 1) found
"""


@dataclass(frozen=True, slots=True)
class FoundTasks:
    """Items in the order of the ids given, each once, and the ids that no item of the project has."""

    tasks: tuple[UUID, ...]
    unknown: tuple[str, ...] = field(repr=False)


def find_tasks(context: TenantContext, *, project_id: UUID, external_ids: Sequence[str]) -> FoundTasks:
    """Return the project's items with these ids. Raises `NotFound`, `Invalid` for none or more than 1,000."""
    reach_project(context, project_id, ProjectRight.MANAGE)
    wanted = list(dict.fromkeys(external_ids))
    if not 1 <= len(wanted) <= MOST_IDS:
        raise Invalid(f"Name 1 to {MOST_IDS:,} ids.", field="ids")
    blind = context.keyring.blinder(field=Task.external_blind)
    blinds = {external_id: blind(external_id) for external_id in wanted if _can_be_one(external_id)}
    found: dict[bytes, UUID] = {
        bytes(mark): task_id
        for mark, task_id in statements.rows(_FIND, {"blinds": list(blinds.values()), "project": project_id})
    }
    ids = {external_id: found.get(blinds.get(external_id, b"")) for external_id in wanted}
    return FoundTasks(
        tuple(task_id for task_id in ids.values() if task_id is not None),
        tuple(external_id for external_id, task_id in ids.items() if task_id is None),
    )


def _can_be_one(external_id: str) -> bool:
    try:
        return external_id_of(external_id) is not None
    except BadExternalId:
        return False

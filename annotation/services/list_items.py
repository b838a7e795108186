"""Items of a project, opened, a page at a time: a bulk read, so it is in the log before it leaves."""

from collections import defaultdict
from hashlib import sha256
from uuid import UUID

from django.db.models import Count, Min, Q

from annotation.access import reach_project
from annotation.labels.item import decode_item
from annotation.models import Slot, Task
from annotation.values import PAGE_ITEMS, ItemPage, ListedItem, ProjectRight, SlotState, priority_of
from audit.services.deliver import deliver
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext


def list_items(context: TenantContext, *, project_id: UUID, after: int = 0) -> ItemPage:
    """Return up to 100 items behind place `after`, in the order of import. Raises `NotFound`."""
    reach_project(context, project_id, ProjectRight.MANAGE, ProjectRight.READ)
    # Ordered by the column that only this list's own index has: ids are in the order of time, which
    # makes the planner walk through older projects.
    tasks = list(Task.objects.filter(project_id=project_id, seq__gt=after).order_by("seq")[: PAGE_ITEMS + 1])
    page = tasks[:PAGE_ITEMS]
    if not page:
        return ItemPage((), None, "")
    slots = Slot.objects.filter(task_id__in=[task.id for task in page])
    counts = {
        task_id: (answered, needed, priority_of(lane))
        for task_id, answered, needed, lane in slots.values_list("task_id").annotate(
            answered=Count("task_id", filter=Q(state=SlotState.ANSWERED)),
            needed=Count("*"),
            first=Min("lane", filter=~Q(state=SlotState.ANSWERED)),
        )
    }
    reserved: defaultdict[UUID, list[UUID]] = defaultdict(list)
    kept = slots.filter(state=SlotState.OPEN, reserved_for__isnull=False)
    for task_id, member_id in kept.order_by("task_id", "n").values_list("task_id", "reserved_for"):
        if member_id is not None:
            reserved[task_id].append(member_id)
    items, objects = [], []
    for task in page:
        clear = context.keyring.open(task.payload, field=Task.payload, row=task.id)
        item = decode_item(clear)
        objects.append((task.id, sha256(clear).digest()))
        items.append(
            ListedItem(
                task.id,
                task.seq,
                item.external_id,
                item.fields,
                *counts.get(task.id, (0, 0, None)),
                tuple(reserved[task.id]),
            )
        )
    receipt = deliver(context, Verb.ITEM_DELIVERED, object_kind="item", objects=objects)
    return ItemPage(tuple(items), page[-1].seq if len(tasks) > PAGE_ITEMS else None, receipt.header)

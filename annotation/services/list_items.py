"""Items of a project, opened, a page at a time: a bulk read, so it is in the log before it leaves."""

from hashlib import sha256
from uuid import UUID

from annotation.access import reach_project
from annotation.labels.item import decode_item
from annotation.models import Task
from annotation.services import statements
from annotation.values import PAGE_ITEMS, ItemPage, ListedItem, ProjectRight, SlotState, priority_of
from audit.services.deliver import deliver
from audit.verbs import Verb
from ringfence.kernel.context import TenantContext

# Ordered by the column that only this list's own index has: ids are in the order of time, which makes the
# planner walk through older projects. An aggregate joined sideways reads the slots of the page's items alone.
_PAGE = f"""
select t.id, t.seq, t.payload, c.answered, c.needed, c.first, c.reserved
  from (select id, seq, payload from annotation_task
         where project_id = %(project)s::uuid and seq > %(after)s::bigint
         order by seq limit %(most)s::integer) t
 cross join lateral (
    select count(*) filter (where s.state = {SlotState.ANSWERED}) as answered, count(*) as needed,
           min(s.lane) filter (where s.state <> {SlotState.ANSWERED}) as first,
           array_agg(s.reserved_for order by s.n)
               filter (where s.state = {SlotState.OPEN} and s.reserved_for is not null) as reserved
      from annotation_slot s where s.task_id = t.id) c
 order by t.seq
"""  # noqa: S608 - the parts are constants


def list_items(context: TenantContext, *, project_id: UUID, after: int = 0) -> ItemPage:
    """Return up to 100 items behind place `after`, in the order of import. Raises `NotFound`."""
    reach_project(context, project_id, ProjectRight.MANAGE, ProjectRight.READ)
    values = {"project": project_id, "after": after, "most": PAGE_ITEMS + 1}
    found = statements.binary_rows(_PAGE, values)
    page = found[:PAGE_ITEMS]
    if not page:
        return ItemPage((), None, "")
    open_item = context.keyring.sealer(field=Task.payload, unit=project_id).open
    items, objects = [], []
    for task_id, seq, payload, answered, needed, first, reserved in page:
        clear = open_item(task_id, payload)
        item = decode_item(clear)
        objects.append((task_id, sha256(clear).digest()))
        items.append(
            ListedItem(
                task_id,
                seq,
                item.external_id,
                item.fields,
                answered,
                needed,
                priority_of(first),
                tuple(reserved or ()),
            )
        )
    receipt = deliver(context, Verb.ITEM_DELIVERED, object_kind="item", objects=objects)
    return ItemPage(tuple(items), items[-1].seq if len(found) > PAGE_ITEMS else None, receipt.header)

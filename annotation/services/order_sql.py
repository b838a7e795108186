"""Statements by which a manager orders a project's queue: priorities, and items kept for one person."""

from annotation.values import LAST_LANE

# Only moving with a fresh seq is right: in another lane an old one would lie behind people's marks. The
# project's lock makes it grow with commits. Items in work move when they come back, so their lane changes
# in place. What somebody put aside stays where it is.
MOVE = f"""
with due as materialized (
    select s.tenant_id, s.project_id, s.task_id, s.n, s.seq, s.state, s.lane
      from annotation_slot s
     where s.project_id = %(project)s::uuid and s.state < 2 and s.lane < {LAST_LANE}
       and s.lane <> %(lane)s::smallint and s.lane <> %(lane)s::smallint - 1
       and (%(tasks)s::uuid[] is null or s.task_id = any(%(tasks)s::uuid[]))
     order by s.lane, s.seq, s.n limit %(most)s::integer for update of s),
counts as (select project_id, count(*) as c from due group by project_id),
moved as (
    update annotation_project p set next_seq = p.next_seq + counts.c
      from counts where p.id = counts.project_id
    returning p.next_seq - counts.c as first),
numbered as (
    select due.*, moved.first + row_number() over (order by due.lane, due.seq, due.n) - 1 as fresh
      from due cross join moved)
update annotation_slot s
   set seq = case when numbered.state = 0 then numbered.fresh else s.seq end,
       lane = %(lane)s::smallint - numbered.lane %% 2
  from numbered
 where s.tenant_id = numbered.tenant_id and s.task_id = numbered.task_id and s.n = numbered.n
"""  # noqa: S608 - the part is a constant

# In a statement of its own: the next one must see what whoever held one of them has committed.
LOCK_SLOTS = """
select count(*) from (
    select from annotation_slot s
     where s.project_id = %(project)s::uuid and s.task_id = any(%(tasks)s::uuid[])
     order by s.task_id, s.n for update of s) locked
"""

# One open slot of each item, unless the person has the item already or it is kept for them.
KEEP_FOR = """
with free as (
    select distinct on (s.task_id) s.tenant_id, s.task_id, s.n
      from annotation_slot s
     where s.project_id = %(project)s::uuid and s.task_id = any(%(tasks)s::uuid[])
       and s.state = 0 and s.reserved_for is null
       and not exists (select from annotation_slot m
                        where m.task_id = s.task_id and m.labeler_id = %(who)s::uuid offset 0)
       and not exists (select from annotation_slot m
                        where m.task_id = s.task_id and m.reserved_for = %(who)s::uuid offset 0)
     order by s.task_id, s.n)
update annotation_slot s set reserved_for = %(who)s::uuid, last_labeler_id = null
  from free where s.tenant_id = free.tenant_id and s.task_id = free.task_id and s.n = free.n
returning s.task_id
"""

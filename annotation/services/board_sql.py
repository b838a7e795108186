"""The statements of the board: counts and times that stand in clear, a few index reads each."""

COUNTS = """
select (select count(*) from annotation_task where project_id = %(project)s::uuid),
       (select coalesce(sum(given), 0) from annotation_personcount where project_id = %(project)s::uuid),
       (select count(*) from annotation_slot where project_id = %(project)s::uuid and state = 1),
       (select count(*) from annotation_slot
         where project_id = %(project)s::uuid and state = 0 and reserved_for is null),
       (select count(*) from annotation_slot
         where project_id = %(project)s::uuid and state = 0 and reserved_for is not null),
       (select count(*) from annotation_comment where project_id = %(project)s::uuid and state = 'open')
"""

PEOPLE = """
select who, bool_or(assigned), sum(given), sum(active_ms), sum(held), sum(kept), min(since)
  from (select user_id as who, true as assigned, 0 as given, 0 as active_ms, 0 as held, 0 as kept,
               null::timestamptz as since
          from annotation_projectgrant
         where content_object_id = %(project)s::uuid and permission_id = %(label)s::integer
        union all
        select labeler_id, false, given, active_ms, 0, 0, null
          from annotation_personcount where project_id = %(project)s::uuid
        union all
        select labeler_id, false, 0, 0, 1, 0, taken_at
          from annotation_slot where project_id = %(project)s::uuid and state = 1
        union all
        select reserved_for, false, 0, 0, 0, 1, null
          from annotation_slot
         where project_id = %(project)s::uuid and state = 0 and reserved_for is not null) each_of
 group by who order by sum(given) desc, who
"""

SKIPS = """
select member_id, reason, count(*) from annotation_skip
 where project_id = %(project)s::uuid and undone_at is null group by member_id, reason
"""

HELD_LONGEST = """
select s.task_id, t.seq, s.labeler_id, s.taken_at, s.lease_ends
  from annotation_slot s join annotation_task t on t.id = s.task_id
 where s.project_id = %(project)s::uuid and s.state = 1
 order by s.taken_at nulls first, s.task_id limit %(most)s::integer
"""

SKIPPED_OFTEN = """
select k.task_id, t.seq, count(distinct k.member_id)
  from annotation_skip k join annotation_task t on t.id = k.task_id
 where k.project_id = %(project)s::uuid and k.undone_at is null
   and exists (select from annotation_slot s where s.task_id = k.task_id and s.state < 2)
 group by k.task_id, t.seq having count(distinct k.member_id) >= %(people)s::integer
 order by 3 desc, 2 limit %(most)s::integer
"""

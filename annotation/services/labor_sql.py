"""Statements of a labeler's work beside taking and submitting: drafts, heartbeat, skip, undo.

As in `queue_sql`, `tenant_id` comes from the policy, and each statement leaves things whole.
"""

from annotation.values import DEFAULT_LANE, LAST_LANE

# Who may still write: the holder, or whoever lost the slot to the clock while nobody took it.
_STILL_MINE = """
       s.epoch = %(epoch)s::integer
   and (s.state = 1 and s.labeler_id = %(me)s::uuid or s.state = 0 and s.last_labeler_id = %(me)s::uuid)
   and exists (select from annotation_project p where p.id = s.project_id and p.state <> 'closed')
   and exists (select from annotation_projectgrant g
                where g.content_object_id = s.project_id and g.user_id = %(me)s::uuid
                  and g.permission_id = %(label)s::integer)
"""

PROJECT_AND_VERSION = """
select t.project_id, p.schema_version
  from annotation_task t join annotation_project p on p.id = t.project_id
 where t.id = %(task)s::uuid
"""

# The row's id changes with each save: a ciphertext is bound to it, so that no older one fits.
SAVE_DRAFT = f"""
with mine as (
    select s.tenant_id, s.project_id, s.task_id from annotation_slot s
     where s.task_id = %(task)s::uuid and {_STILL_MINE} limit 1)
insert into annotation_draft as d (id, tenant_id, project_id, task_id, member_id, version, body,
                                   schema_version, updated_at)
select %(id)s::uuid, tenant_id, project_id, task_id, %(me)s::uuid, %(base)s::integer + 1, %(body)s::bytea,
       %(schema_version)s::integer, now()
  from mine
on conflict (tenant_id, task_id, member_id) do update
   set id = excluded.id, version = d.version + 1, body = excluded.body,
       schema_version = excluded.schema_version, updated_at = excluded.updated_at
 where d.version = %(base)s::integer
returning version
"""  # noqa: S608 - the part is a constant of this module

PUT_DRAFT = """
insert into annotation_draft as d (id, tenant_id, project_id, task_id, member_id, version, body,
                                   schema_version, updated_at)
values (%(id)s::uuid, %(tenant)s::uuid, %(project)s::uuid, %(task)s::uuid, %(me)s::uuid, 1, %(body)s::bytea,
        %(schema_version)s::integer, now())
on conflict (tenant_id, task_id, member_id) do update
   set id = excluded.id, version = d.version + 1, body = excluded.body,
       schema_version = excluded.schema_version, updated_at = excluded.updated_at
returning version
"""

# A lease that ran out is taken up again while nobody has the item; nobody holds one longer than a day.
HEARTBEAT = f"""
with mine as (
    select s.tenant_id, s.task_id, s.n, p.lease_minutes
      from annotation_slot s join annotation_project p on p.id = s.project_id
     where s.project_id = %(project)s::uuid and s.task_id = any(%(tasks)s::uuid[])
       and s.taken_at > now() - interval '1 day' and {_STILL_MINE}
       and (s.state = 1 or not exists (select from annotation_slot m
                                        where m.task_id = s.task_id and m.labeler_id = %(me)s::uuid offset 0))
     order by s.task_id, s.n for update of s)
update annotation_slot s
   set state = 1, labeler_id = %(me)s::uuid, last_labeler_id = null,
       lease_ends = greatest(s.lease_ends, least(now() + make_interval(mins => mine.lease_minutes),
                                                 s.taken_at + interval '1 day'))
  from mine where s.tenant_id = mine.tenant_id and s.task_id = mine.task_id and s.n = mine.n
returning s.task_id, s.lease_ends
"""  # noqa: S608 - the part is a constant of this module

MINE_TO_SKIP = f"""
select s.project_id, s.n, p.skip_policy, p.skip_needs_reason
  from annotation_slot s join annotation_project p on p.id = s.project_id
 where s.task_id = %(task)s::uuid and {_STILL_MINE}
 order by s.state desc limit 1 for update of s
"""  # noqa: S608 - the part is a constant of this module

# Put aside by the policy `back_to_me`, it is kept for whoever skipped; otherwise it is everybody else's.
SKIP = f"""
with moved as (
    update annotation_project p set next_seq = p.next_seq + 1
     where p.id = %(project)s::uuid returning p.next_seq - 1 as seq),
freed as (
    update annotation_slot s
       set state = 0, labeler_id = null, lease_ends = null, last_labeler_id = null, seq = moved.seq,
           reserved_for = case when %(back)s::boolean then %(me)s::uuid end,
           lane = case when %(back)s::boolean then {LAST_LANE}
                       when s.lane = {LAST_LANE} then {DEFAULT_LANE - 1}
                       when s.lane %% 2 = 0 then s.lane - 1 else s.lane end
      from moved where s.task_id = %(task)s::uuid and s.n = %(n)s::smallint
    returning s.tenant_id, s.project_id, s.lane, s.seq)
insert into annotation_mark as k (tenant_id, project_id, labeler_id, lane, seq)
select tenant_id, project_id, %(me)s::uuid, lane, seq from freed where not %(back)s::boolean
on conflict (tenant_id, project_id, labeler_id, lane) do update set seq = greatest(k.seq, excluded.seq)
"""  # noqa: S608 - the parts are constants

# An answer that was returned and upheld is taken back like any other: it is not a returned one again.
# The item is named again where it is joined: through `old` alone it was sought among all of the tenant's.
WITHDRAW = """
with old as (
    update annotation_submission u set withdrawn_at = now(), returned_at = null
      from annotation_project p
     where u.task_id = %(task)s::uuid and u.labeler_id = %(me)s::uuid and u.withdrawn_at is null
       and p.id = u.project_id and p.state <> 'closed'
       and u.submitted_at > now() - make_interval(mins => p.reopen_minutes)
       and exists (select from annotation_projectgrant g
                    where g.content_object_id = p.id and g.user_id = %(me)s::uuid
                      and g.permission_id = %(label)s::integer)
    returning u.tenant_id, u.id, u.project_id, u.task_id, u.n, u.lead_ms, u.active_ms, u.answer,
              u.schema_version, p.lease_minutes),
back as (
    update annotation_slot s
       set state = 1, epoch = %(epoch)s::integer, lease_ends = now() + make_interval(mins => old.lease_minutes),
           taken_at = now() - make_interval(secs => old.lead_ms / 1000.0)
      from old
     where s.task_id = %(task)s::uuid
       and s.tenant_id = old.tenant_id and s.task_id = old.task_id and s.n = old.n
    returning s.lease_ends),
counted as (
    update annotation_personcount c
       set given = c.given - 1, active_ms = greatest(c.active_ms - old.active_ms, 0)
      from old where c.project_id = old.project_id and c.labeler_id = %(me)s::uuid)
select old.project_id, old.id, old.answer, old.schema_version, old.active_ms, back.lease_ends, t.payload
  from old cross join back join annotation_task t on t.id = %(task)s::uuid
"""

# The last skip of theirs, while an open slot of the item is there for them.
UNSKIP = """
with last as (
    select k.task_id, k.n from annotation_skip k
     where k.task_id = %(task)s::uuid and k.member_id = %(me)s::uuid and k.undone_at is null
     order by k.at desc limit 1),
free as (
    select s.tenant_id, s.project_id, s.task_id, s.n, p.lease_minutes, p.schema_version
      from last join annotation_slot s on s.task_id = last.task_id
      join annotation_project p on p.id = s.project_id
     where s.state = 0 and (s.reserved_for is null or s.reserved_for = %(me)s::uuid)
       and p.state <> 'closed'
       and exists (select from annotation_projectgrant g
                    where g.content_object_id = p.id and g.user_id = %(me)s::uuid
                      and g.permission_id = %(label)s::integer)
       and not exists (select from annotation_slot m
                        where m.task_id = s.task_id and m.labeler_id = %(me)s::uuid offset 0)
     order by s.n <> last.n, s.n limit 1 for update of s),
back as (
    update annotation_slot s
       set state = 1, labeler_id = %(me)s::uuid, epoch = %(epoch)s::integer, last_labeler_id = null,
           taken_at = now(), lease_ends = now() + make_interval(mins => free.lease_minutes)
      from free
     where s.task_id = %(task)s::uuid
       and s.tenant_id = free.tenant_id and s.task_id = free.task_id and s.n = free.n
    returning s.project_id, s.task_id, s.lease_ends, free.schema_version),
undone as (
    update annotation_skip k set undone_at = now()
      from back where k.task_id = back.task_id and k.member_id = %(me)s::uuid and k.undone_at is null)
select back.project_id, t.id, t.payload, back.lease_ends, coalesce(d.schema_version, back.schema_version),
       d.id, d.version, d.body
  from back join annotation_task t on t.id = %(task)s::uuid
  left join annotation_draft d on d.task_id = t.id and d.member_id = %(me)s::uuid
"""

# Nobody takes such a draft up again: the item is finished, its writer answered it or labels here no more, or
# the project is closed. Untouched for a while, since each of these can be undone by a click. A lease that ran
# out is none of them: the item is open, and the draft comes back with it.
PURGE_DRAFTS = """
with due as materialized (
    select d.tenant_id, d.id from annotation_draft d
     where d.updated_at < now() - make_interval(hours => %(hours)s::integer)
       and (exists (select from annotation_project p where p.id = d.project_id and p.state = 'closed')
            or not exists (select from annotation_slot s where s.task_id = d.task_id and s.state < 2)
            or exists (select from annotation_slot s
                        where s.task_id = d.task_id and s.state = 2 and s.labeler_id = d.member_id)
            or not exists (select from annotation_projectgrant g join tenants_member m on m.id = g.user_id
                            where g.content_object_id = d.project_id and g.user_id = d.member_id
                              and g.permission_id = %(label)s::integer and m.is_active))
     order by d.id limit %(most)s::integer for update of d skip locked),
gone as (
    delete from annotation_draft d using due
     where d.tenant_id = due.tenant_id and d.id = due.id returning d.project_id)
select project_id, count(*) from gone group by project_id order by project_id
"""

HELD_ONE = """
select s.project_id, t.id, t.payload, s.lease_ends, coalesce(d.schema_version, p.schema_version), d.id,
       d.version, d.body
  from annotation_slot s
  join annotation_task t on t.id = s.task_id
  join annotation_project p on p.id = s.project_id
  left join annotation_draft d on d.task_id = t.id and d.member_id = %(me)s::uuid
 where s.task_id = %(task)s::uuid and s.state = 1 and s.labeler_id = %(me)s::uuid
   and s.epoch = %(epoch)s::integer and p.state <> 'closed'
   and exists (select from annotation_projectgrant g
                where g.content_object_id = p.id and g.user_id = %(me)s::uuid
                  and g.permission_id = %(label)s::integer)
"""

"""The statements of the pull queue: one row is one wanted answer, over lanes and marks.

Read plans as the application's role, inside a context: under row-level security only leakproof
expressions become index conditions, so a plan seen as superuser means nothing. `tenant_id` comes from
the policy.
"""

# What the project asks for and this person has not accepted, in the newest version: nothing, or no item.
NOTHING_TO_ACCEPT = """not exists (
        select from (values (1, p.purpose_version), (2, p.agreement_version),
                            (3, case when p.guidelines_required then p.guidelines_version else 0 end)
                    ) asked(kind, version)
         where asked.version > 0
           and not exists (select from annotation_acknowledgement a
                            where a.project_id = p.id and a.member_id = %(me)s::uuid and a.kind = asked.kind
                              and a.version = asked.version and a.accepted))"""

TAKE = f"""
with lane as materialized (
    select l.lane, coalesce(m.seq, 0) as mark
      from unnest(%(lanes)s::smallint[]) l(lane)
      left join annotation_mark m
        on m.project_id = %(project)s::uuid and m.labeler_id = %(me)s::uuid and m.lane = l.lane),
may as materialized (
    select p.lease_minutes, p.schema_version
      from annotation_project p
     where p.id = %(project)s::uuid and p.state = 'open' and p.schema_version > 0
       and exists (select from annotation_projectgrant g
                    where g.content_object_id = p.id and g.user_id = %(me)s::uuid
                      and g.permission_id = %(label)s::integer)
       and {NOTHING_TO_ACCEPT}),
pick as (
    select s.tenant_id, s.project_id, s.task_id, s.n, s.lane, s.seq, may.lease_minutes, may.schema_version
      from may cross join lane cross join lateral (
        select s.* from annotation_slot s
         where s.project_id = %(project)s::uuid and s.lane = lane.lane and s.state = 0
           and s.reserved_for is null and s.seq > lane.mark
           and not exists (select from annotation_slot m
                            where m.task_id = s.task_id and m.labeler_id = %(me)s::uuid offset 0)
         order by s.seq limit 1 for update of s skip locked) s
     limit 1),
marked as (
    insert into annotation_mark as k (tenant_id, project_id, labeler_id, lane, seq)
    select tenant_id, project_id, %(me)s::uuid, lane, seq from pick
    on conflict (tenant_id, project_id, labeler_id, lane) do update set seq = excluded.seq),
took as (
    update annotation_slot s
       set state = 1, labeler_id = %(me)s::uuid, epoch = %(epoch)s::integer, last_labeler_id = null,
           taken_at = now(),
           lease_ends = now() + make_interval(mins => pick.lease_minutes)
      from pick where s.tenant_id = pick.tenant_id and s.task_id = pick.task_id and s.n = pick.n
    returning s.task_id, s.lease_ends, pick.schema_version)
select t.id, t.payload, took.lease_ends, took.schema_version
  from took join annotation_task t on t.id = took.task_id
"""  # noqa: S608 - the part is a constant of this module

HELD = """
select t.id, t.payload, s.lease_ends, p.schema_version
  from annotation_slot s
  join annotation_task t on t.id = s.task_id
  join annotation_project p on p.id = s.project_id
 where s.state = 1 and s.project_id = %(project)s::uuid and s.labeler_id = %(me)s::uuid
   and s.epoch = %(epoch)s::integer and p.state <> 'closed'
   and exists (select from annotation_projectgrant g
                where g.content_object_id = p.id and g.user_id = %(me)s::uuid
                  and g.permission_id = %(label)s::integer)
 order by s.lease_ends, s.seq limit %(count)s::integer
"""

# In a statement of its own: the one after it must see what whoever held the lock has committed.
ONE_AT_A_TIME = "select pg_advisory_xact_lock(hashtextextended(%(whose)s::text, 0))"

FORGET_MARKS = (
    "delete from annotation_mark where project_id = %(project)s::uuid and labeler_id = %(me)s::uuid"
)

# The time is cut as SUBMIT cuts it: `now()` is one moment in a transaction.
PROJECT_OF = """
select t.project_id, p.schema_version,
       (select least(greatest(extract(epoch from now() - coalesce(s.taken_at, now())) * 1000, 0),
                     %(most_ms)s::integer)::integer
          from annotation_slot s
         where s.task_id = t.id and s.epoch = %(epoch)s::integer
           and (s.state = 1 and s.labeler_id = %(me)s::uuid or s.state = 0 and s.last_labeler_id = %(me)s::uuid)
         order by s.state desc limit 1) as held_ms
  from annotation_task t join annotation_project p on p.id = t.project_id
 where t.id = %(task)s::uuid
"""

# Whoever holds the item, held it last or answered it has seen it: checking an answer against it tells
# them nothing new. For anybody else it would, quote by quote.
ITEM_OF = """
select t.payload from annotation_task t
 where t.id = %(task)s::uuid
   and exists (select from annotation_slot s
                where s.task_id = t.id and (s.labeler_id = %(me)s::uuid or s.last_labeler_id = %(me)s::uuid))
"""

# A lease that has run out still counts while nobody swept it, and afterwards while nobody took the slot.
# Clients tell times; none is longer than the slot was held by our own clock. The draft ends with the answer.
SUBMIT = """
with mine as (
    select s.tenant_id, s.task_id, s.n,
           least(greatest(extract(epoch from now() - coalesce(s.taken_at, now())) * 1000, 0),
                 %(most_ms)s::integer)::integer as held_ms
      from annotation_slot s
     where s.task_id = %(task)s::uuid and s.epoch = %(epoch)s::integer
       and (s.state = 1 and s.labeler_id = %(me)s::uuid or s.state = 0 and s.last_labeler_id = %(me)s::uuid)
       and exists (select from annotation_project p where p.id = s.project_id and p.state <> 'closed')
       and exists (select from annotation_projectgrant g
                    where g.content_object_id = s.project_id and g.user_id = %(me)s::uuid
                      and g.permission_id = %(label)s::integer)
     order by s.state desc limit 1 for update of s),
held as (
    update annotation_slot s
       set state = 2, labeler_id = %(me)s::uuid, lease_ends = null, last_labeler_id = null
      from mine where s.tenant_id = mine.tenant_id and s.task_id = mine.task_id and s.n = mine.n
    returning s.tenant_id, s.project_id, s.task_id, s.n,
              least(mine.held_ms, %(lead_ms)s::integer) as lead_ms,
              least(mine.held_ms, %(lead_ms)s::integer, %(active_ms)s::integer) as active_ms),
kept as (
    insert into annotation_submission (tenant_id, id, project_id, task_id, n, labeler_id, answer, lead_ms,
                                       active_ms, schema_version, idempotency_key, receipt, submitted_at,
                                       work_openings)
    select tenant_id, %(id)s::uuid, project_id, task_id, n, %(me)s::uuid, %(answer)s::bytea,
           lead_ms, active_ms, %(schema_version)s::integer, %(idempotency_key)s::uuid,
           %(receipt)s::text, now(), %(work_openings)s::bytea
      from held returning id),
worked as (select audit.add_work(id, %(work_at)s::timestamptz, %(work_leaf)s::bytea) as entry from kept),
counted as (
    insert into annotation_personcount as k (tenant_id, project_id, labeler_id, given, active_ms)
    select tenant_id, project_id, %(me)s::uuid, 1, active_ms from held
    on conflict (tenant_id, project_id, labeler_id)
    do update set given = k.given + 1, active_ms = k.active_ms + excluded.active_ms),
done_with as (
    delete from annotation_draft d using held
     where d.tenant_id = held.tenant_id and d.task_id = held.task_id and d.member_id = %(me)s::uuid),
logged as (
    insert into audit.pending (tenant_id, id, verb, actor_id, object_kind, object_id, at, leaf, core, pii)
    select held.tenant_id, %(event_id)s::uuid, %(verb)s::text, %(me)s::uuid, %(object_kind)s::text,
           %(task)s::uuid, %(at)s::timestamptz, %(leaf)s::bytea, %(core)s::bytea, %(pii)s::bytea
      from held)
select count(*) from worked
"""

# The freed slot goes to the odd lane below its own with a fresh seq: served next, beyond everybody's
# mark. Whoever released it has their own mark moved past it, so they see it again only after all else.
RELEASE = """
with mine as (
    select s.tenant_id, s.project_id, s.task_id, s.n
      from annotation_slot s
     where s.task_id = %(task)s::uuid and s.state = 1 and s.labeler_id = %(me)s::uuid for update of s),
moved as (
    update annotation_project p set next_seq = p.next_seq + 1
      from mine where p.id = mine.project_id
    returning p.id, p.next_seq - 1 as seq),
freed as (
    update annotation_slot s
       set state = 0, labeler_id = null, lease_ends = null, last_labeler_id = null, seq = moved.seq,
           lane = case when s.lane %% 2 = 0 then s.lane - 1 else s.lane end
      from mine, moved
     where s.tenant_id = mine.tenant_id and s.task_id = mine.task_id and s.n = mine.n
    returning s.tenant_id, s.project_id, s.task_id, s.lane, s.seq),
marked as (
    insert into annotation_mark as k (tenant_id, project_id, labeler_id, lane, seq)
    select tenant_id, project_id, %(me)s::uuid, lane, seq from freed
    on conflict (tenant_id, project_id, labeler_id, lane) do update set seq = greatest(k.seq, excluded.seq))
select project_id from freed
"""

_OVERDUE = """
     where s.state = 1 and s.lease_ends < now()
     order by s.lease_ends limit %(most)s::integer for update of s skip locked
"""

_ONE_PERSONS = """
     where s.state = 1 and s.project_id = %(project)s::uuid and s.labeler_id = %(who)s::uuid
       for update of s
"""


def _return_to_queue(which: str) -> str:
    return f"""
with due as materialized (
    select s.tenant_id, s.project_id, s.task_id, s.n, s.seq, s.labeler_id
      from annotation_slot s {which}),
counts as (select project_id, count(*) as c from due group by project_id),
moved as (
    update annotation_project p set next_seq = p.next_seq + counts.c
      from counts where p.id = counts.project_id
    returning p.id, p.next_seq - counts.c as first),
numbered as (
    select due.*,
           moved.first + row_number() over (partition by due.project_id order by due.seq, due.n) - 1 as fresh
      from due join moved on moved.id = due.project_id),
freed as (
    update annotation_slot s
       set state = 0, labeler_id = null, lease_ends = null, seq = numbered.fresh,
           last_labeler_id = case when %(late)s::boolean then numbered.labeler_id end,
           lane = case when s.lane %% 2 = 0 then s.lane - 1 else s.lane end
      from numbered
     where s.tenant_id = numbered.tenant_id and s.task_id = numbered.task_id and s.n = numbered.n
    returning s.project_id)
select project_id, count(*) from freed group by project_id order by project_id
"""  # noqa: S608 - `which` is one of the two constants above


SWEEP = _return_to_queue(_OVERDUE)
RETURN_ALL_OF = _return_to_queue(_ONE_PERSONS)

WHY_EMPTY = f"""
select p.state, p.schema_version,
       exists (select from annotation_projectgrant g
                where g.content_object_id = p.id and g.user_id = %(me)s::uuid
                  and g.permission_id = %(label)s::integer) as assigned,
       {NOTHING_TO_ACCEPT} as consented,
       exists (select from annotation_task t where t.project_id = p.id) as items,
       exists (select from annotation_slot s
                where s.project_id = p.id and s.state = 1 and s.labeler_id = %(me)s::uuid) as held,
       exists (select from annotation_slot s
                where s.project_id = p.id and s.state = 1 and s.labeler_id <> %(me)s::uuid
                  and not exists (select from annotation_slot m
                                   where m.task_id = s.task_id and m.labeler_id = %(me)s::uuid offset 0)
       ) as leased,
       exists (select from annotation_slot s where s.project_id = p.id and s.state = 0
                  and not exists (select from annotation_slot m
                                   where m.task_id = s.task_id and m.labeler_id = %(me)s::uuid offset 0)
       ) as open_to_me,
       exists (select from annotation_slot s where s.project_id = p.id and s.state < 2) as unfinished
  from annotation_project p where p.id = %(project)s::uuid
"""  # noqa: S608 - the part is a constant of this module

"""The statements of the pull queue: one row is one wanted answer, over lanes and marks.

Read plans as the application's role, inside a context: under row-level security only leakproof
expressions become index conditions, so a plan seen as superuser means nothing. `tenant_id` comes from
the policy.
"""

from annotation.values import DEFAULT_LANE, LAST_LANE

# What the project asks for and this person has not accepted, in the newest version: nothing, or no item.
NOTHING_TO_ACCEPT = """not exists (
        select from (values (1, p.purpose_version), (2, p.agreement_version),
                            (3, case when p.guidelines_required then p.guidelines_version else 0 end)
                    ) asked(kind, version)
         where asked.version > 0
           and not exists (select from annotation_acknowledgement a
                            where a.project_id = p.id and a.member_id = %(me)s::uuid and a.kind = asked.kind
                              and a.version = asked.version and a.accepted))"""

# First what is kept for this person, then the lanes, then what they put aside. UNION ALL is read in order
# and no further than its first row, so that one row is locked.
TAKE = f"""
with lane as materialized (
    select l.lane, coalesce(m.seq, 0) as mark
      from unnest(%(lanes)s::smallint[]) l(lane)
      left join annotation_mark m
        on m.project_id = %(project)s::uuid and m.labeler_id = %(me)s::uuid and m.lane = l.lane),
may as materialized (
    select p.lease_minutes, p.schema_version, p.most_per_person is not null as capped
      from annotation_project p
     where p.id = %(project)s::uuid and p.state = 'open' and p.schema_version > 0
       and exists (select from annotation_projectgrant g
                    where g.content_object_id = p.id and g.user_id = %(me)s::uuid
                      and g.permission_id = %(label)s::integer)
       and not exists (select from annotation_projectskill k
                        where k.project_id = p.id
                          and not exists (select from annotation_memberskill h
                                           where h.skill_id = k.skill_id and h.member_id = %(me)s::uuid
                                           offset 0) offset 0)
       and (p.most_per_person is null or p.most_per_person >
            coalesce((select c.given from annotation_personcount c
                       where c.project_id = p.id and c.labeler_id = %(me)s::uuid), 0)
            + (select count(*) from annotation_slot h
                where h.project_id = p.id and h.labeler_id = %(me)s::uuid and h.state = 1))
       and {NOTHING_TO_ACCEPT}),
pick as (
    select s.*, may.lease_minutes, may.schema_version, may.capped
      from may cross join lateral (
        select * from (
            select s.tenant_id, s.project_id, s.task_id, s.n, s.lane, s.seq, false as shared
              from annotation_slot s
             where s.project_id = %(project)s::uuid and s.state = 0 and s.reserved_for = %(me)s::uuid
               and s.lane < %(last)s::smallint
               and not exists (select from annotation_slot m
                                where m.task_id = s.task_id and m.labeler_id = %(me)s::uuid offset 0)
             order by s.lane, s.seq limit 1 for update of s skip locked) kept
        union all
        select * from (
            select q.* from lane cross join lateral (
                select s.tenant_id, s.project_id, s.task_id, s.n, s.lane, s.seq, true as shared
                  from annotation_slot s
                 where s.project_id = %(project)s::uuid and s.lane = lane.lane and s.state = 0
                   and s.reserved_for is null and s.seq > lane.mark
                   and not exists (select from annotation_slot m
                                    where m.task_id = s.task_id and m.labeler_id = %(me)s::uuid offset 0)
                   and not exists (select from annotation_slot m
                                    where m.task_id = s.task_id and m.reserved_for = %(me)s::uuid offset 0)
                   and not exists (select from annotation_skip k
                                    where k.task_id = s.task_id and k.member_id = %(me)s::uuid
                                      and k.undone_at is null and k.keeps_away offset 0)
                 order by s.seq limit 1 for update of s skip locked) q
             limit 1) shared
        union all
        select * from (
            select s.tenant_id, s.project_id, s.task_id, s.n, s.lane, s.seq, false as shared
              from annotation_slot s
             where s.project_id = %(project)s::uuid and s.state = 0 and s.reserved_for = %(me)s::uuid
               and s.lane = %(last)s::smallint
               and not exists (select from annotation_slot m
                                where m.task_id = s.task_id and m.labeler_id = %(me)s::uuid offset 0)
             order by s.seq limit 1 for update of s skip locked) put_aside) s
     limit 1),
marked as (
    insert into annotation_mark as k (tenant_id, project_id, labeler_id, lane, seq)
    select tenant_id, project_id, %(me)s::uuid, lane, seq from pick where shared
    on conflict (tenant_id, project_id, labeler_id, lane) do update set seq = excluded.seq),
took as (
    update annotation_slot s
       set state = 1, labeler_id = %(me)s::uuid, epoch = %(epoch)s::integer, last_labeler_id = null,
           taken_at = now(), lease_ends = now() + make_interval(mins => pick.lease_minutes)
      from pick where s.tenant_id = pick.tenant_id and s.task_id = pick.task_id and s.n = pick.n
    returning s.task_id, s.lease_ends, pick.schema_version, pick.capped)
select t.id, t.payload, took.lease_ends, coalesce(d.schema_version, took.schema_version),
       d.id, d.version, d.body, took.capped
  from took join annotation_task t on t.id = took.task_id
  left join annotation_draft d on d.task_id = t.id and d.member_id = %(me)s::uuid
"""  # noqa: S608 - the part is a constant of this module

HELD = """
select t.id, t.payload, s.lease_ends, coalesce(d.schema_version, p.schema_version), d.id, d.version, d.body,
       false
  from annotation_slot s
  join annotation_task t on t.id = s.task_id
  join annotation_project p on p.id = s.project_id
  left join annotation_draft d on d.task_id = t.id and d.member_id = %(me)s::uuid
 where s.state = 1 and s.project_id = %(project)s::uuid and s.labeler_id = %(me)s::uuid
   and s.epoch = %(epoch)s::integer and p.state <> 'closed' and p.schema_version > 0
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
# An answer that was taken back does not come again by itself: its key is known.
# What the caller took for granted is held against the tables: the item's project, the newest version of its
# schema unless one was named, and that the slot was held for the time that the work receipt commits to.
SUBMIT = """
with mine as (
    select s.tenant_id, s.task_id, s.n,
           least(greatest(extract(epoch from now() - coalesce(s.taken_at, now())) * 1000, 0),
                 %(most_ms)s::integer)::integer as held_ms
      from annotation_slot s
     where s.task_id = %(task)s::uuid and s.epoch = %(epoch)s::integer
       and (s.state = 1 and s.labeler_id = %(me)s::uuid or s.state = 0 and s.last_labeler_id = %(me)s::uuid)
       and exists (select from annotation_project p
                    where p.id = s.project_id and p.state <> 'closed'
                      and p.schema_version = coalesce(%(newest)s::integer, p.schema_version))
       and exists (select from annotation_projectgrant g
                    where g.content_object_id = s.project_id and g.user_id = %(me)s::uuid
                      and g.permission_id = %(label)s::integer)
       and (%(idempotency_key)s::uuid is null or not exists (
            select from annotation_submission w
             where w.task_id = s.task_id and w.labeler_id = %(me)s::uuid and w.withdrawn_at is not null
               and w.idempotency_key = %(idempotency_key)s::uuid offset 0))
     order by s.state desc limit 1 for update of s),
held as (
    update annotation_slot s
       set state = 2, labeler_id = %(me)s::uuid, lease_ends = null, last_labeler_id = null
      from mine where s.tenant_id = mine.tenant_id and s.task_id = mine.task_id and s.n = mine.n
       and s.project_id = %(project)s::uuid and mine.held_ms >= %(receipted_ms)s::integer
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
# What is kept for one person lies behind no mark, and keeps its place.
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
       set state = 0, labeler_id = null, lease_ends = null, last_labeler_id = null,
           seq = case when s.reserved_for is null then moved.seq else s.seq end,
           lane = case when s.reserved_for is null and s.lane %% 2 = 0 then s.lane - 1 else s.lane end
      from mine, moved
     where s.tenant_id = mine.tenant_id and s.task_id = mine.task_id and s.n = mine.n
    returning s.tenant_id, s.project_id, s.task_id, s.lane, s.seq, s.reserved_for is null as shared),
marked as (
    insert into annotation_mark as k (tenant_id, project_id, labeler_id, lane, seq)
    select tenant_id, project_id, %(me)s::uuid, lane, seq from freed where shared
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

_KEPT_FOR = """
     where s.state = 0 and s.project_id = %(project)s::uuid and s.reserved_for = %(who)s::uuid
       for update of s
"""

_KEPT_OF = """
     where s.state = 0 and s.project_id = %(project)s::uuid and s.task_id = any(%(tasks)s::uuid[])
       and s.reserved_for is not null for update of s
"""


def _return_to_queue(which: str, *, to_all: bool) -> str:
    """Return the statement that frees slots; `to_all` ends what is kept for one person."""
    stays = "false" if to_all else "s.reserved_for is not null"
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
       set state = 0, labeler_id = null, lease_ends = null,
           seq = case when {stays} then s.seq else numbered.fresh end,
           reserved_for = case when {stays} then s.reserved_for end,
           last_labeler_id = case when %(late)s::boolean then numbered.labeler_id end,
           lane = case when {stays} then s.lane
                       when s.lane = {LAST_LANE} then {DEFAULT_LANE - 1}
                       when s.lane %% 2 = 0 then s.lane - 1 else s.lane end
      from numbered
     where s.tenant_id = numbered.tenant_id and s.task_id = numbered.task_id and s.n = numbered.n
    returning s.project_id)
select project_id, count(*) from freed group by project_id order by project_id
"""  # noqa: S608 - the parts are constants of this module


SWEEP = _return_to_queue(_OVERDUE, to_all=False)
RETURN_ALL_OF = _return_to_queue(_ONE_PERSONS, to_all=True)
RETURN_KEPT_FOR = _return_to_queue(_KEPT_FOR, to_all=True)
RETURN_KEPT_OF = _return_to_queue(_KEPT_OF, to_all=True)

# People who left, and for whom something is still kept.
KEPT_FOR_NOBODY = """
select distinct g.content_object_id, g.user_id
  from annotation_projectgrant g join tenants_member m on m.id = g.user_id
 where not m.is_active
   and exists (select from annotation_slot s
                where s.project_id = g.content_object_id and s.reserved_for = g.user_id and s.state = 0)
"""

# Projects in which somebody holds items, or in which items are kept for them.
HELD_OR_KEPT_IN = """
select project_id from annotation_slot where state = 1 and labeler_id = %(who)s::uuid
union
select project_id from annotation_slot where state = 0 and reserved_for = %(who)s::uuid
"""

WHY_EMPTY = f"""
select p.state, p.schema_version,
       exists (select from annotation_projectgrant g
                where g.content_object_id = p.id and g.user_id = %(me)s::uuid
                  and g.permission_id = %(label)s::integer) as assigned,
       {NOTHING_TO_ACCEPT} as consented,
       not exists (select from annotation_projectskill k
                    where k.project_id = p.id
                      and not exists (select from annotation_memberskill h
                                       where h.skill_id = k.skill_id and h.member_id = %(me)s::uuid)
       ) as qualified,
       exists (select from annotation_task t where t.project_id = p.id) as items,
       exists (select from annotation_slot s
                where s.project_id = p.id and s.state = 1 and s.labeler_id = %(me)s::uuid) as held,
       exists (select from annotation_slot s
                where s.project_id = p.id and s.state = 1 and s.labeler_id <> %(me)s::uuid
                  and (s.reserved_for is null or s.reserved_for = %(me)s::uuid)
                  and not exists (select from annotation_slot m
                                   where m.task_id = s.task_id and m.labeler_id = %(me)s::uuid offset 0)
                  and not exists (select from annotation_skip k
                                   where k.task_id = s.task_id and k.member_id = %(me)s::uuid
                                     and k.undone_at is null and k.keeps_away offset 0)
       ) as leased,
       exists (select from annotation_slot s where s.project_id = p.id and s.state = 0
                  and (s.reserved_for is null or s.reserved_for = %(me)s::uuid)
                  and not exists (select from annotation_slot m
                                   where m.task_id = s.task_id and m.labeler_id = %(me)s::uuid offset 0)
                  and not exists (select from annotation_skip k
                                   where k.task_id = s.task_id and k.member_id = %(me)s::uuid
                                     and k.undone_at is null and k.keeps_away offset 0)
       ) as open_to_me,
       exists (select from annotation_slot s where s.project_id = p.id and s.state < 2) as unfinished,
       coalesce(p.most_per_person <= coalesce(given.c, 0), false) as capped,
       coalesce(p.most_per_person <= coalesce(given.c, 0) + (
           select count(*) from annotation_slot h
            where h.project_id = p.id and h.labeler_id = %(me)s::uuid and h.state = 1), false) as full_with_held
  from annotation_project p
  left join lateral (select c.given as c from annotation_personcount c
                      where c.project_id = p.id and c.labeler_id = %(me)s::uuid) given on true
 where p.id = %(project)s::uuid
"""  # noqa: S608 - the part is a constant of this module

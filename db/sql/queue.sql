-- The worker's side of the queue. Every statement is guarded by the state that it leaves and, while a worker
-- holds the job, by the attempt that it holds: a worker whose lease ran out changes no row.

-- name: claim
-- Nothing that an alarm pauses (what costs as much as it says or more), nor what would have to wait long for its call
-- to Stability. The limit is put in as a number: as a parameter it would be planned for as a tenth of the line, and
-- since that never fits, each claim would be planned anew, which takes longer than the claim.
with next as (
    select id from jobs
    where state = 'queued' and run_after <= now()
        and coalesce(
            credits < (select min(coalesce(price, 0)) from alarms where probe_at is not null), true
        )
        and coalesce((select min(free_at) from request_slots) <= now() + interval '2 seconds', true)
    order by turn, id
    limit {limit}
    for update skip locked
)
update jobs
set state = 'running',
    attempt = attempt + 1,
    worker = $1,
    lease_until = now() + make_interval(secs => $2),
    started_at = now(),
    revision = revision + 1
from next
where jobs.id = next.id
returning jobs.*;

-- name: claim_to_probe
-- While such an alarm sounds: from time to time one of the jobs that it pauses, by one worker, which shows whether it is
-- over. Not the one that was just refused, if there is another; and the cheapest, for which credit is there first.
-- The longer the alarm has sounded, the longer until the next: $4 seconds at first, $3 at the most.
with due as (
    select kind, coalesce(price, 0) as price from alarms
    where probe_at <= now()
    order by price
    limit 1
    for update skip locked
),
next as (
    select jobs.id from due, jobs
    where jobs.state = 'queued' and jobs.run_after <= now() and jobs.credits >= due.price
    order by jobs.refused_at nulls first, jobs.credits, jobs.turn, jobs.id
    limit 1
    for update of jobs skip locked
),
chance as (
    update alarms
    set probe_at = now() + make_interval(
        secs => least($3::float8, greatest($4::float8, extract(epoch from now() - raised_at)))
    )
    from due
    where alarms.kind = due.kind and exists (select from next)
    returning alarms.kind
)
update jobs
set state = 'running',
    attempt = attempt + 1,
    worker = $1,
    lease_until = now() + make_interval(secs => $2),
    started_at = now(),
    revision = revision + 1
from next
where jobs.id = next.id and exists (select from chance)
returning jobs.*;

-- name: extend_leases
-- Returns those that are still held; any other was cancelled, or its lease ran out. Ids and attempts are texts: about
-- arrays asyncpg asks each new connection three questions first, which over a slow line take longer than a lease.
update jobs
set lease_until = now() + make_interval(secs => $3)
from unnest($1::text::bigint[], $2::text::integer[]) as held (id, attempt)
where jobs.id = held.id and jobs.attempt = held.attempt and jobs.state = 'running'
returning jobs.id, jobs.attempt;

-- name: finish
-- Of several jobs, as many as came to their end while the last ones were recorded: one commit for all.
-- Asked again, as the answer to a first try may have been lost, it finds what this attempt has finished.
with painted (id, attempt, seed, bytes, width, height) as (
    select * from unnest($1::bigint[], $2::integer[], $3::bigint[], $4::bigint[], $5::integer[], $6::integer[])
),
finished as (
    update jobs
    set state = 'done',
        lease_until = null,
        finished_at = now(),
        painted_seed = painted.seed,
        original_bytes = painted.bytes,
        width = coalesce(painted.width, jobs.width),
        height = coalesce(painted.height, jobs.height),
        revision = revision + 1
    from painted
    where jobs.id = painted.id and jobs.attempt = painted.attempt and jobs.state = 'running'
    returning jobs.id, jobs.attempt
),
-- Materialized, so that they are found by their ids and never among all that are done.
found as materialized (
    select id, attempt, state from painted join jobs using (id, attempt)
)
select id, attempt from finished
union all
select id, attempt from found where state = 'done';

-- name: parent
-- What a picture is to be made from; no row if it was deleted meanwhile.
select * from jobs where id = $1 and state = 'done' and erased_at is null;

-- name: fail
update jobs
set state = 'failed',
    lease_until = null,
    finished_at = now(),
    failure = $3,
    failure_detail = $4,
    credits = case when $5 then credits else 0 end,
    revision = revision + 1
where id = $1 and attempt = $2 and state = 'running'
returning id;

-- name: retry
-- After a passing fault: back to the queue with one more fault against it, or to its end when those are used up.
update jobs
set state = case when faults + 1 < $6 then 'queued' else 'failed' end,
    faults = faults + 1,
    lease_until = null,
    run_after = now() + make_interval(secs => $7),
    started_at = case when faults + 1 < $6 then null else started_at end,
    finished_at = case when faults + 1 < $6 then null else now() end,
    failure = case when faults + 1 < $6 then null else $3 end,
    failure_detail = $4,
    credits = case when faults + 1 < $6 or $5 then credits else 0 end,
    revision = revision + 1
where id = $1 and attempt = $2 and state = 'running'
returning state;

-- name: hand_back
-- The worker could not go on through no fault of the job's: nothing is held against it.
update jobs
set state = 'queued',
    lease_until = null,
    run_after = now() + make_interval(secs => $3),
    started_at = null,
    revision = revision + 1
where id = $1 and attempt = $2 and state = 'running'
returning id;

-- name: refuse
-- Stability refused it for what is not about the job, or so it seemed: nothing is held against it.
update jobs
set state = 'queued',
    lease_until = null,
    run_after = now() + make_interval(secs => $3),
    started_at = null,
    refused_at = now(),
    revision = revision + 1
where id = $1 and attempt = $2 and state = 'running'
returning id;

-- name: is_refused_alone
-- Whether, since it was last refused, another of its model was begun and painted.
select exists (
    select from jobs as others
    where others.state = 'done' and others.model = jobs.model
        and others.finished_at > jobs.refused_at and others.started_at > jobs.refused_at
)
from jobs where id = $1;

-- name: front_waits
-- For how long the job that is next could have been claimed; null where none could.
select extract(epoch from now() - run_after)::float8 from jobs
where state = 'queued' and run_after <= now()
    and coalesce(credits < (select min(coalesce(price, 0)) from alarms where probe_at is not null), true)
    and (select min(free_at) from request_slots) <= now()
order by turn, id
limit 1;

-- name: clock
select now();

-- name: reap
-- A lease that ran out by $4: the worker died, or was away for too long. That counts, so that a job which kills
-- its workers comes to an end.
with lost as (
    select id from jobs
    where state = 'running' and lease_until < least($4, now())
    order by lease_until
    limit $1
    for update skip locked
)
update jobs
set state = case when faults + 1 < $2 then 'queued' else 'failed' end,
    faults = faults + 1,
    lease_until = null,
    run_after = now(),
    started_at = case when faults + 1 < $2 then null else started_at end,
    finished_at = case when faults + 1 < $2 then null else now() end,
    failure = case when faults + 1 < $2 then null else $3 end,
    failure_detail = 'the lease of ' || worker || ' ran out',
    credits = case when faults + 1 < $2 then credits else 0 end,
    revision = revision + 1
from lost
where jobs.id = lost.id
returning jobs.id, jobs.state, jobs.attempt, jobs.worker;

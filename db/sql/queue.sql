-- The worker's side of the queue. Every statement is guarded by the state that it leaves and, while a worker holds
-- the job, by the attempt that it holds: a worker whose lease ran out changes no row. Each ends the call of that
-- attempt in the ledger as well, and raises the revision of the order's reply: of several in the order of their ids,
-- so that two workers whose jobs are of the same orders do not wait for each other. A time that the reply tells is
-- then over with it, and no longer in an index that would have to be written.

-- part: at_work
-- The jobs of `next` are at work from now on, and a call is open for each.
claimed as (
    update jobs
    set state = 'running',
        attempt = attempt + 1,
        worker = $1,
        lease_until = now() + make_interval(secs => $2),
        started_at = now()
    from next
    where jobs.id = next.id
    returning jobs.*
),
opened as (
    insert into calls (job_id, attempt, provider, operation, model, credits)
    select claimed.id, claimed.attempt, claimed.provider, orders.operation, orders.model, claimed.price
    from claimed join orders on orders.id = claimed.order_id
),
changed as (
    update replies set revision = revision + 1, estimate_over_at = null
    from (select distinct order_id from claimed order by order_id) as behind
    where replies.order_id = behind.order_id
)

-- part: claimed
select
    claimed.id, claimed.order_id, claimed.state, claimed.provider, claimed.price, claimed.turn, claimed.attempt,
    claimed.faults, claimed.started_at, claimed.finished_at, claimed.failure, claimed.generation, claimed.holder,
    orders.key, orders.created_at, orders.member_id, orders.guild_id, orders.channel_id, orders.parent_channel_id,
    orders.locale, orders.operation, orders.model, orders.prompt, orders.params, orders.inputs, orders.count,
    orders.private, orders.spoiler, orders.traceparent, orders.erased_at
from claimed join orders on orders.id = claimed.order_id

-- part: no_wait
coalesce((select min(free_at) from rate_limit_slots where name = $3) <= now() + interval '2 seconds', true)

-- name: claim
-- Nothing that an alarm pauses (what costs as much as it says or more), nor what would have to wait long for its call
-- to the provider $3. The limit is put in as a number: as a parameter it would be planned for as a tenth of the line,
-- and since that never fits, each claim would be planned anew, which takes longer than the claim.
with next as (
    select id from jobs
    where state = 'queued' and run_after <= now() and provider = $3
        and coalesce(
            price < (select min(coalesce(price, 0)) from alarms where provider = $3 and probe_at is not null), true
        )
        and {no_wait}
    order by turn, id
    limit {limit}
    for update skip locked
),
{at_work}
{claimed};

-- name: claim_probe
-- While an alarm of the provider $3 sounds: from time to time one of the jobs that it pauses, by one worker, which
-- shows whether it is over. Not the one that was just refused, if there is another; and the cheapest, for which
-- credit is there first. The longer the alarm has sounded, the longer until the next: $5 seconds at first, $4 at the
-- most.
with due as (
    select kind, coalesce(price, 0) as price from alarms
    where provider = $3 and probe_at <= now()
    order by price
    limit 1
    for update skip locked
),
chosen as (
    select jobs.id from due, jobs
    where jobs.state = 'queued' and jobs.run_after <= now() and jobs.provider = $3 and jobs.price >= due.price
    order by jobs.refused_at nulls first, jobs.price, jobs.turn, jobs.id
    limit 1
    for update of jobs skip locked
),
postponed as (
    update alarms
    set probe_at = now() + make_interval(
        secs => least($4::float8, greatest($5::float8, extract(epoch from now() - raised_at)))
    )
    from due
    where alarms.kind = due.kind and alarms.provider = $3 and exists (select from chosen)
    returning alarms.kind
),
next as (
    select id from chosen where exists (select from postponed)
),
{at_work}
{claimed};

-- name: begun
-- The provider has taken it and answers later. It stays at work, and its call open, but no worker holds it: until $4
-- seconds are over, nobody asks after it. Again is no fault, as the answer to a first try may have been lost; and as
-- that try may be under way still, the job is locked before it is looked at.
with held as (
    select id, generation from jobs where id = $1 and attempt = $2 and state = 'running' for update
),
kept as (
    update jobs
    set generation = $3, worker = null, lease_until = now() + make_interval(secs => $4)
    from held
    where jobs.id = held.id and held.generation is null
),
noted as (
    update calls set generation = $3
    from held
    where calls.job_id = held.id and calls.attempt = $2 and held.generation is null
)
select id from held where coalesce(generation, $3) = $3;

-- name: claim_begun
-- What is to be asked after by now, by one worker each; its lease is then held as that of any job.
with due as (
    select id from jobs
    where state = 'running' and generation is not null and worker is null and lease_until <= now() and provider = $3
        and {no_wait}
    order by lease_until
    limit {limit}
    for update skip locked
),
claimed as (
    update jobs
    set worker = $1, lease_until = now() + make_interval(secs => $2)
    from due
    where jobs.id = due.id
    returning jobs.*
)
{claimed};

-- name: look_later
-- The next one, whoever that is, asks after it in $4 seconds. Again is no fault, so $5 is only counted while this
-- worker holds it.
update jobs
set worker = null,
    lease_until = now() + make_interval(secs => $4),
    faults = faults + case when worker is null then 0 else $5 end
where id = $1 and attempt = $2 and state = 'running' and generation is not null and coalesce(worker, $3) = $3
returning id;

-- name: extend_leases
-- Returns those that the worker $4 still holds; any other was cancelled, its lease ran out, or it is answered later.
-- Ids and attempts are texts: about arrays asyncpg asks each new connection three questions first, which over a slow
-- line take longer than a lease.
update jobs
set lease_until = now() + make_interval(secs => $3)
from unnest($1::text::bigint[], $2::text::integer[]) as held (id, attempt)
where jobs.id = held.id and jobs.attempt = held.attempt and jobs.state = 'running' and jobs.worker = $4
returning jobs.id, jobs.attempt;

-- name: finish
-- Of several jobs, as many as came to their end while the last ones were recorded: one commit for all.
-- Asked again, as the answer to a first try may have been lost, it finds what this attempt has finished.
with painted (id, attempt, seed, bytes, width, height, request_id) as (
    select * from unnest(
        $1::bigint[], $2::integer[], $3::bigint[], $4::integer[], $5::integer[], $6::integer[], $7::text[]
    )
),
finished as (
    update jobs
    set state = 'done', lease_until = null, generation = null, finished_at = now()
    from painted
    where jobs.id = painted.id and jobs.attempt = painted.attempt and jobs.state = 'running'
    returning jobs.id, jobs.attempt, jobs.order_id, jobs.started_at
),
stored as (
    insert into pictures (
        id, order_id, attempt, seconds, member_id, guild_id, channel_id, parent_channel_id, private, model,
        width, height, seed, bytes, words
    )
    select
        finished.id, orders.id, finished.attempt, extract(epoch from now() - finished.started_at),
        orders.member_id, orders.guild_id, orders.channel_id, orders.parent_channel_id, orders.private, orders.model,
        painted.width, painted.height, painted.seed, painted.bytes, search_words(orders.prompt, orders.member_id)
    from finished
        join painted on painted.id = finished.id
        join orders on orders.id = finished.order_id
),
billed as (
    update calls
    set outcome = 'billed', request_id = painted.request_id, ended_at = now()
    from finished join painted on painted.id = finished.id
    where calls.job_id = finished.id and calls.attempt = finished.attempt
),
changed as (
    update replies set revision = revision + 1, estimate_over_at = null
    from (select distinct order_id from finished order by order_id) as behind
    where replies.order_id = behind.order_id
),
-- Materialized, so that they are found by their ids and never among all that are done. Locked, so that of two who finish
-- one attempt at the same moment the second sees what the first has done, and not what was there when it began.
found as materialized (
    select jobs.id, jobs.attempt, jobs.state
    from painted join jobs on jobs.id = painted.id and jobs.attempt = painted.attempt
    for share of jobs
)
select id, attempt from finished
union all
select id, attempt from found where state = 'done';

-- name: end_attempt
-- An attempt that brought no picture: the job goes back to the queue, or to its end ($3: cancelled is not among
-- these). $4 is what the call costs; $7 is by how much it counts as a fault, and from $8 faults on the job fails with
-- it.
with held as (
    select id, month, day, holder, guild_id, price,
        case when $3 = 'queued' and faults + $7 >= $8 and $7 > 0 then 'failed' else $3 end as to_state
    from jobs
    where id = $1 and attempt = $2 and state = 'running'
    for update
),
ended as (
    update jobs
    set state = to_state,
        faults = faults + $7,
        lease_until = null,
        generation = null,
        run_after = now() + make_interval(secs => $9),
        refused_at = case when $10 then now() else refused_at end,
        started_at = case when to_state = 'queued' then null else started_at end,
        finished_at = case when to_state = 'queued' then null else now() end,
        failure = case when to_state = 'failed' then $5 end,
        failure_detail = coalesce($6, failure_detail)
    from held
    where jobs.id = held.id
    returning jobs.id, jobs.order_id, jobs.state
),
closed as (
    update calls
    set outcome = $4, request_id = $11, ended_at = now()
    from held
    where calls.job_id = $1 and calls.attempt = $2 and calls.outcome = 'open'
),
counted as (
    select count_usage(month, day, holder, guild_id, more) from (
        select month, day, holder, guild_id,
            case when $4 in ('billed', 'unknown') then price else 0 end
            - case when to_state = 'failed' then price else 0 end as more
        from held
    ) as change
    where more <> 0
),
changed as (
    update replies set revision = revision + 1
    where order_id in (select order_id from ended)
)
select state, (select count(*) from counted) as counted from ended;

-- name: reclaim_expired
-- A lease that ran out by $4: the worker died, or was away for too long. That counts, so that a job which kills its
-- workers comes to an end; and nobody can tell what became of its call. But what was begun and is answered later is
-- only asked after anew: by another attempt, which the call is now of, so that the worker that was away changes no row.
with lost as (
    select
        id, order_id, attempt, month, day, holder, guild_id, price,
        case when faults + 1 >= $2 then 'failed' when generation is null then 'queued' else 'running' end as to_state
    from jobs
    where state = 'running' and worker is not null and lease_until < least($4, now())
    order by id
    limit $1
    for update skip locked
),
reclaimed as (
    update jobs
    set state = to_state,
        attempt = jobs.attempt + case when to_state = 'running' then 1 else 0 end,
        faults = faults + 1,
        worker = null,
        lease_until = case when to_state = 'running' then now() end,
        generation = case when to_state = 'running' then generation end,
        run_after = now(),
        started_at = case when to_state <> 'queued' then started_at end,
        finished_at = case when to_state = 'failed' then now() end,
        failure = case when to_state = 'failed' then $3 end,
        failure_detail = 'the lease of ' || worker || ' ran out'
    from lost
    where jobs.id = lost.id
    returning jobs.id, jobs.state
),
closed as (
    update calls
    set outcome = case when to_state = 'running' then outcome else 'unknown' end,
        attempt = calls.attempt + case when to_state = 'running' then 1 else 0 end,
        ended_at = case when to_state <> 'running' then now() end
    from lost
    where calls.job_id = lost.id and calls.attempt = lost.attempt and calls.outcome = 'open'
),
counted as (
    select count_usage(month, day, holder, guild_id, more) from (
        select month, day, holder, guild_id, sum(price) as more from lost
        where to_state = 'queued'
        group by month, day, holder, guild_id
        order by holder
    ) as change
),
changed as (
    update replies set revision = revision + 1
    from (select distinct order_id from lost where to_state <> 'running' order by order_id) as behind
    where replies.order_id = behind.order_id
)
select id, state, (select count(*) from counted) as counted from reclaimed;

-- name: inputs
-- The pictures that one is to be made from; without those that were deleted meanwhile.
select * from order_pictures where id = any($1::bigint[]) and deleted_at is null;

-- name: is_refused_alone
-- Whether, since it was last refused, another of its model was begun and painted.
select coalesce(
    (
        select max(pictures.created_at - make_interval(secs => pictures.seconds)) from pictures
        where pictures.model = orders.model and pictures.created_at > jobs.refused_at
    ) > jobs.refused_at,
    false
)
from jobs join orders on orders.id = jobs.order_id where jobs.id = $1;

-- name: front_waits
-- For how long the job that is next for the providers $1 could have been claimed; null where none could. They are one
-- text, as ids are above: an array would be asked about first.
select extract(epoch from now() - run_after)::float8 from jobs
where state = 'queued' and run_after <= now() and provider = any(string_to_array($1, ','))
    and not exists (
        select from alarms
        where alarms.provider = jobs.provider and probe_at is not null and coalesce(alarms.price, 0) <= jobs.price
    )
    and (select min(free_at) from rate_limit_slots where name = jobs.provider) <= now()
order by turn, id
limit 1;

-- name: clock
select now();

-- The bot's side of the queue.

-- name: create
-- The parameters are those of the function (see the migrations), in its order. `params` comes as a text.
select * from store_order(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text::jsonb, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
    $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36
);

-- name: announce
-- Apart from the order: a commit that notifies waits for its turn among all others that do.
select pg_notify('job_queued', '');

-- name: find
select * from order_jobs
where id > $1::bigint * 16 and id < $1 * 16 + 16 and erased_at is null
order by id
limit 15;

-- part: cancelled
-- What is `chosen` ends. `started_at` remains and tells whether it was being painted: a job that waits has none. What was
-- at work may be billed: its call is unknown now, unless its worker knows better (see the ledger). The call is put in
-- and not updated, as a claim that is committed meanwhile has opened one which this statement does not see.
cancelled as (
    update jobs
    set state = 'cancelled', lease_until = null, generation = null, finished_at = now(), failure = chosen.why
    from chosen
    where jobs.id = chosen.id
    returning jobs.id, jobs.order_id, chosen.state as state_before
),
unknown as (
    insert into calls (job_id, attempt, provider, operation, model, credits, outcome, ended_at)
    select chosen.id, chosen.attempt, chosen.provider, orders.operation, orders.model, chosen.price, 'unknown', now()
    from chosen join orders on orders.id = chosen.order_id
    where chosen.state = 'running'
    on conflict (job_id, attempt) do update set outcome = 'unknown', ended_at = now()
),
freed as (
    select count_usage(month, day, holder, guild_id, more) from (
        select month, day, holder, guild_id, -sum(price) as more from chosen
        where state = 'queued'
        group by month, day, holder, guild_id
        order by holder
    ) as change
),
changed as (
    update replies set revision = revision + 1
    from (select distinct order_id from cancelled order by order_id) as behind
    where replies.order_id = behind.order_id
)
select id, state_before, (select count(*) from freed) as freed from cancelled order by id

-- name: cancel
-- What is left of an order, by its member.
with chosen as (
    select id, order_id, state, attempt, provider, month, day, holder, guild_id, price, null as why from jobs
    where id > $1::bigint * 16 and id < $1 * 16 + 16 and state in ('queued', 'running')
    order by id
    for update
),
{cancelled};

-- name: cancel_in
-- All that is open in a server ($1), or of a member ($2), or of that member in that server; $3 is why. It reads the whole
-- line, which an owner's press may.
with chosen as (
    select id, order_id, state, attempt, provider, month, day, holder, guild_id, price, $3::text as why from jobs
    where state in ('queued', 'running')
        and ($1::bigint is null or guild_id = $1) and ($2::bigint is null or member_id = $2)
    order by id
    for update
),
{cancelled};

-- name: open_of
-- The orders of a member that have something at work or in line, with all of their jobs; those first whose turn it
-- is.
with open as (
    select order_id, bool_or(state = 'running') as is_at_work, min(turn) as turn, min(id) as id
    from jobs
    where member_id = $1 and state in ('queued', 'running')
    group by order_id
    order by is_at_work desc, turn, id
    limit $2
)
select order_jobs.*
from open cross join lateral (
    -- The limit tells the planner how few they are.
    select * from order_jobs
    where order_jobs.id > open.order_id * 16 and order_jobs.id < open.order_id * 16 + 16
    order by order_jobs.id
    limit 15
) as order_jobs
order by open.is_at_work desc, open.turn, open.id, order_jobs.id;

-- part: moves_in_seconds
-- Until the line comes forward: until the first of those at work is likely done. Null where none is, and of a line of
-- more than ten: places of that one are not told, as it would take more edits than all else.
select case
    when (select count(*) from (select from jobs where state = 'queued' limit 11) as line) <= 10
    then min(coalesce(({usual_seconds}), 0) - extract(epoch from now() - orders.begun_at))::float8
end
from (
    select orders.model, min(jobs.started_at) as begun_at
    from jobs join orders on orders.id = jobs.order_id
    where jobs.state = 'running' and jobs.generation is null
    group by orders.model
) as orders

-- part: usual_seconds
-- How long the newest pictures of a model took, in the middle: an estimate from last week would be a guess.
select percentile_cont(0.5) within group (order by seconds)
from (
    select seconds::float8 from pictures
    where pictures.model = orders.model and pictures.created_at > now() - interval '24 hours'
    order by pictures.created_at desc
    limit 50
) as recent

-- name: moves_in_seconds
{moves_in_seconds};

-- name: estimates
-- The place of a job that waits, counted up to a limit, among those that wait for the same: what an alarm pauses is
-- in nobody's way that it does not pause. How long its model takes; when the line comes forward; how many are
-- at work; for how many seconds this one has been; why it is paused; and in how many seconds it may be begun, by its
-- own time and by the pause that its provider asked for.
select
    jobs.id,
    case
        when jobs.state = 'queued' and pauses.price is null then 1 + (
            select count(*)
            from (
                select from jobs as others
                where others.state = 'queued' and (others.turn, others.id) < (jobs.turn, jobs.id)
                limit $2
            ) as ahead
        )
        -- The offset keeps the price out of the choice of the index, which is the line's.
        when jobs.state = 'queued' then 1 + (
            select count(*)
            from (
                select
                from (
                    select others.price, others.provider from jobs as others
                    where others.state = 'queued' and (others.turn, others.id) < (jobs.turn, jobs.id)
                    order by others.turn, others.id
                    offset 0
                ) as before
                where (before.provider = jobs.provider and before.price >= pauses.price) = (jobs.price >= pauses.price)
                limit $2
            ) as ahead
        )
    end as place,
    ({usual_seconds}) as usual_seconds,
    ({moves_in_seconds}) as moves_in_seconds,
    -- What is answered later takes no worker's place.
    (select count(*) from jobs as others where others.state = 'running' and others.generation is null) as at_work,
    case when jobs.state = 'running' then extract(epoch from now() - jobs.started_at)::float8 end as seconds_so_far,
    coalesce(
        (
            select kind from alarms
            where alarms.provider = jobs.provider and probe_at is not null and coalesce(alarms.price, 0) <= jobs.price
            order by raised_at
            limit 1
        ),
        case when pauses.paused_until > now() then 'rate_limited' end
    ) as paused,
    extract(epoch from greatest(now(), jobs.run_after, pauses.paused_until) - now())::float8 as seconds_until_begun
from
    jobs join orders on orders.id = jobs.order_id
    cross join lateral (
        select
            (
                select min(coalesce(price, 0)) from alarms where provider = jobs.provider and probe_at is not null
            ) as price,
            (select max(paused_until) from rate_limit_slots where name = jobs.provider) as paused_until
    ) as pauses
where jobs.id = any($1::bigint[]) and jobs.state in ('queued', 'running');

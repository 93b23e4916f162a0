-- The bot's side of the queue.

-- name: create
-- Stores an order, its jobs and its reply. Four pictures are four turns, from the one that `used` tells.
-- Nothing is stored where the interaction has an order already, or one of the limits $20 to $24 is reached; the row says
-- what is used of them. A limit that is null is none; a line that is known to be short is not counted.
with month as materialized (
    select usage_month() as month
),
holder as materialized (
    select month, usage_holder($5, month) as holder from month
),
used as materialized (
    select holder.*, used.*
    from holder, used(
        $1, $5, holder, coalesce($6::bigint, 0), month, $20::integer,
        $22::numeric is not null, $23::numeric is not null, $24::numeric is not null
    )
),
added as (
    insert into orders (
        interaction_id, member_id, guild_id, channel_id, parent_channel_id, locale,
        operation, model, prompt, params, inputs, count, private, spoiler, traceparent
    )
    select $1, $5::bigint, $6::bigint, $7, $8, $9, $10, $11, $12, $13::text::jsonb, $14::bigint[], $15::smallint, $16, $17, $18
    from used
    where not is_replay
        and ($20 is null or line_length + $15 <= $20)
        and member_jobs + $15 <= $21
        and ($22 is null or member_credits + $15 * $26::numeric <= $22)
        and ($23 is null or server_credits + $15 * $26 <= $23)
        and ($24 is null or all_credits + $15 * $26 <= $24)
    on conflict (interaction_id) do nothing
    returning id, key, created_at
),
queued as (
    insert into jobs (id, order_id, member_id, provider, price, turn, month, holder, guild_id)
    select added.id * 16 + n, added.id, $5, $25, $26, used.turn + n - 1, used.month, used.holder, coalesce($6, 0)
    from added, used, generate_series(1, $15) as n
    returning id
),
replying as (
    insert into replies (order_id, application_id, token, token_expires_at, due_at, ephemeral)
    select id, $2, $3, $4, now() + make_interval(secs => $19), $16 and $6 is not null from added
),
counted as (
    select count_usage(used.month, used.holder, coalesce($6, 0), $15 * $26) from added, used
)
select
    used.is_replay, used.turn, used.line_length, used.member_jobs, used.member_credits, used.server_credits,
    used.all_credits, added.id, added.key, added.created_at, (select count(*) from counted) as counted
from used left join added on true;

-- name: announce
-- Apart from the order: a commit that notifies waits for its turn among all others that do.
select pg_notify('job_queued', '');

-- name: find
select * from order_jobs
where id > $1::bigint * 16 and id < $1 * 16 + 16 and erased_at is null
order by id
limit 15;

-- name: cancel
-- What is left of an order. `started_at` remains and tells whether it was being painted: a job that waits has none. What
-- was at work may be billed: its call is unknown now, unless its worker knows better (see the ledger). The call is put in
-- and not updated, as a claim that is committed meanwhile has opened one which this statement does not see.
with chosen as (
    select id, state, attempt, provider, month, holder, guild_id, price from jobs
    where id > $1::bigint * 16 and id < $1 * 16 + 16 and state in ('queued', 'running')
    order by id
    for update
),
cancelled as (
    update jobs
    set state = 'cancelled', lease_until = null, finished_at = now()
    from chosen
    where jobs.id = chosen.id
    returning jobs.id, chosen.state as state_before
),
unknown as (
    insert into calls (job_id, attempt, provider, operation, model, credits, outcome, ended_at)
    select chosen.id, chosen.attempt, chosen.provider, orders.operation, orders.model, chosen.price, 'unknown', now()
    from chosen join orders on orders.id = $1
    where chosen.state = 'running'
    on conflict (job_id, attempt) do update set outcome = 'unknown', ended_at = now()
),
freed as (
    select count_usage(month, holder, guild_id, -sum(price)) from chosen
    where state = 'queued'
    group by month, holder, guild_id
),
changed as (
    update replies set revision = revision + 1
    where order_id = $1 and exists (select from cancelled)
)
select id, state_before, (select count(*) from freed) as freed from cancelled order by id;

-- name: open_of
-- The orders of a member that have something at work or in line, with all of their jobs; those first whose turn it is.
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

-- name: estimates
-- The place of a job that waits, counted up to a limit, among those that wait for the same: what an alarm pauses is in
-- nobody's way that it does not pause. How long the newest pictures of its model took, in the middle; how many are at
-- work; for how many seconds this one has been; why it is paused; and in how many seconds it may be begun, by its own
-- time and by the pause that its provider asked for.
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
    (
        select percentile_cont(0.5) within group (order by seconds)
        from (
            select seconds::float8 from pictures
            where pictures.model = orders.model and pictures.created_at > now() - make_interval(secs => $3)
            order by pictures.created_at desc
            limit $4
        ) as recent
    ) as usual_seconds,
    (select count(*) from jobs as others where others.state = 'running') as at_work,
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
            (select min(coalesce(price, 0)) from alarms where provider = jobs.provider and probe_at is not null) as price,
            (select max(paused_until) from rate_limit_slots where name = jobs.provider) as paused_until
    ) as pauses
where jobs.id = any($1::bigint[]) and jobs.state in ('queued', 'running');

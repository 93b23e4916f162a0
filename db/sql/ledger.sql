-- What is spent, and whether it is counted.

-- name: correct
-- A worker whose job was cancelled, or taken away, knows more of its call after all: what it costs, or its ids alone.
with corrected as (
    update calls
    set outcome = $3, request_id = coalesce($4, request_id), generation = coalesce($5, generation), ended_at = now()
    where job_id = $1 and attempt = $2 and outcome = 'unknown'
    returning job_id, credits
)
select count_usage(month, day, holder, guild_id, -credits)
from corrected join jobs on jobs.id = corrected.job_id
where $3 = 'free';

-- name: used
-- What is used of all that there can be limits of, where $1 looks, in the server $2.
with asker as materialized (
    select usage_holder($1, usage_month()) as holder, usage_month() as month, usage_day() as day
)
select
    used_in_day(day, 'all', '') as all_day, used_in_month(month, 'all', '') as all_month,
    used_in_day(day, 'server', int8send($2)) as server_day,
    used_in_month(month, 'server', int8send($2)) as server_month,
    used_in_day(day, 'member', holder) as member_day, used_in_month(month, 'member', holder) as member_month,
    used_in_day(day, 'here', usage_here(holder, $2)) as here_day,
    used_in_month(month, 'here', usage_here(holder, $2)) as here_month,
    member_jobs, jobs_here
from asker, (
    select count(*) as member_jobs, count(*) filter (where guild_id = $2) as jobs_here
    from jobs where member_id = $1 and state in ('queued', 'running')
) as open;

-- name: spent
-- For what a member used credits this month, among the newest orders, $2 at most. It counts as the sums do.
select
    operation, model,
    count(*) filter (where is_today) as pictures_today, coalesce(sum(credits) filter (where is_today), 0) as today,
    count(*) as pictures, sum(credits) as month
from (
    select id, operation, model, created_at from orders
    where member_id >= $1 and member_id <= $1 and member_id <> 0
    order by member_id desc, id desc
    limit $2
) as newest cross join lateral (
    -- The limit tells the planner how few they are.
    select
        day = usage_day() as is_today,
        case when state in ('queued', 'running') then price else 0 end + (
            select coalesce(sum(credits), 0) from calls
            where calls.job_id = jobs.id and outcome in ('billed', 'unknown')
        ) as credits
    from jobs
    where jobs.id > newest.id * 16 and jobs.id < newest.id * 16 + 16
    order by jobs.id
    limit 15
) as counted
where created_at >= usage_month() at time zone 'UTC' and credits > 0
group by operation, model
order by month desc, operation, model;

-- name: audit
-- What is counted, beside a recount: what calls may be billed, and what is reserved for the jobs that are open. Each
-- sum that differs, of a month or of a day. Of members it is known for as long as that lasts.
with recounted as (
    select month, day, holder, guild_id, sum(credits) as credits
    from (
        select jobs.month, jobs.day, jobs.holder, jobs.guild_id, calls.credits
        from calls join jobs on jobs.id = calls.job_id
        where calls.outcome in ('billed', 'unknown')
        union all
        select month, day, holder, guild_id, price from jobs where state in ('queued', 'running')
    ) as used
    group by month, day, holder, guild_id
),
periods as (
    select to_char(month, 'YYYY-MM') as period, month >= usage_month() as lasts, holder, guild_id, credits
    from recounted
    union all
    select to_char(day, 'YYYY-MM-DD'), day >= usage_day(), holder, guild_id, credits
    from recounted
    where day > usage_day() - 62
),
sums as (
    select period, 'all' as scope, ''::bytea as key, sum(credits) as credits from periods group by period
    union all
    select period, 'server', int8send(guild_id), sum(credits) from periods group by period, guild_id
    union all
    select period, 'member', holder, sum(credits) from periods where lasts group by period, holder
    union all
    select period, 'here', usage_here(holder, guild_id), sum(credits) from periods
    where lasts
    group by period, holder, guild_id
),
counted as (
    select to_char(month, 'YYYY-MM') as period, scope, key, sum(credits) as credits from usage
    where scope not in ('member', 'here') or month >= usage_month()
    group by month, scope, key
    union all
    select to_char(day, 'YYYY-MM-DD'), scope, key, sum(credits) from usage_days
    where day > usage_day() - 62 and (scope not in ('member', 'here') or day >= usage_day())
    group by day, scope, key
)
select
    period, scope,
    case scope when 'server' then (('x' || encode(key, 'hex'))::bit(64)::bigint)::text else encode(key, 'hex') end as key,
    coalesce(counted.credits, 0) as counted, coalesce(sums.credits, 0) as recounted
from counted full join sums using (period, scope, key)
where coalesce(counted.credits, 0) <> coalesce(sums.credits, 0)
order by 1, 2, 3;

-- name: member
-- Whom a provider means by the hash that it was told, for as long as one of the member's jobs is there.
select member_id from jobs where holder = $1 and member_id <> 0 limit 1;

-- name: totals
-- Of each month and provider, for the owner's eyes beside the provider's bill.
select jobs.month, calls.provider, calls.outcome, count(*) as calls, sum(calls.credits) as credits
from calls join jobs on jobs.id = calls.job_id
group by jobs.month, calls.provider, calls.outcome
order by jobs.month, calls.provider, calls.outcome;

-- name: forget_keys
-- Of months that are over: nobody can tell any more whose sums they were, and they are not needed.
delete from usage_keys where month < usage_month();

-- name: forget_holders
-- Of those who were forgotten: what they asked for in that month would still be known as one member's.
update jobs set holder = '' where member_id = 0 and holder <> '' and month < usage_month();

-- name: forget_members
delete from usage where scope in ('member', 'here') and month < usage_month();

-- name: forget_days
-- Members are counted by the day while it lasts; servers for as long as the owner's chart goes back.
delete from usage_days
where day < usage_day() and scope in ('member', 'here') or day <= usage_day() - 62;

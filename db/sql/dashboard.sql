-- What the owner of the bot looks at now and then: what is used, by whom, of what, and how it goes.

-- name: used
-- What counts now against the limits of the owner: of all, of the server $1, or of the one that used most where that is
-- null, and of the member who used most.
select
    used_in_day(usage_day(), 'all', '') as all_day,
    used_in_month(usage_month(), 'all', '') as all_month,
    case
        when $1::bigint is not null then used_in_day(usage_day(), 'server', int8send($1))
        else coalesce((
            select max(credits) from (
                select sum(credits) as credits from usage_days
                where day = usage_day() and scope = 'server'
                group by key
            ) as sums
        ), 0)
    end as server_day,
    case
        when $1::bigint is not null then used_in_month(usage_month(), 'server', int8send($1))
        else coalesce((
            select max(credits) from (
                select sum(credits) as credits from usage
                where month = usage_month() and scope = 'server'
                group by key
            ) as sums
        ), 0)
    end as server_month,
    coalesce((select max(credits) from usage_days where day = usage_day() and scope = 'member'), 0) as member_day,
    coalesce((select max(credits) from usage where month = usage_month() and scope = 'member'), 0) as member_month;

-- name: by_server
-- Those that used most in this month, and what all of them have.
select (('x' || encode(key, 'hex'))::bit(64)::bigint) as guild_id, credits, sum(credits) over () as total
from (
    select key, sum(credits) as credits from usage where month = usage_month() and scope = 'server' group by key
) as sums
where credits > 0
order by credits desc, key
limit $1;

-- name: by_day
-- Of each day of this month until today.
select day::date as day, used_in_day(day::date, 'all', '') as credits
from generate_series(usage_month(), usage_day(), interval '1 day') as days (day)
order by day;

-- name: by_model
-- What may be billed of the calls since $1.
select model, sum(credits) as credits, sum(sum(credits)) over () as total
from calls
where begun_at >= $1::timestamptz and outcome in ('billed', 'unknown')
group by model
order by 2 desc, model
limit $2;

-- name: jobs
-- What became of a month's jobs.
select
    count(*) filter (where state = 'done') as pictures,
    count(*) filter (where state = 'failed') as failures
from jobs
where month = $1;

-- name: wait
-- From the command to the picture, of the last day: the median of the newest $1 pictures at most, in seconds.
select percentile_cont(0.5) within group (order by extract(epoch from newest.created_at - orders.created_at)) as seconds
from (select order_id, created_at from pictures order by id desc limit $1) as newest
    join orders on orders.id = newest.order_id
where newest.created_at > now() - interval '1 day';

-- name: balances
select provider, credits, known_at from balances order by provider;

-- name: note_balance
insert into balances (provider, credits) values ($1, $2)
on conflict (provider) do update set credits = excluded.credits, known_at = now();

-- name: has_pictures
select exists (select from pictures);

-- What is spent. Whatever a provider may bill is counted: used = billed + unknown + reserved for what is still open.

-- One request to a provider. It is open from the claim on, by the same statement.
create table calls (
    job_id     bigint not null,
    attempt    integer not null,
    provider   text not null,
    operation  text not null,
    model      text not null,
    -- What the provider bills for it, if it does.
    credits    numeric not null,
    -- open: at work, and reserved by its job. unknown: nobody can tell, so it counts.
    outcome    text not null default 'open',
    -- The provider's own id of the request, to hold its bill against.
    request_id text,
    begun_at   timestamptz not null default now(),
    ended_at   timestamptz,
    primary key (job_id, attempt),
    constraint calls_outcome_known check (outcome in ('open', 'billed', 'free', 'unknown'))
);

-- A sum for each limit that there can be. Of a server and of all there are sixteen parts, and whoever adds takes one that
-- is free, so that members do not wait for one another's commit; the sum of the parts is what is used.
create table usage (
    month   date not null,
    scope   text not null,
    key     bytea not null,
    part    smallint not null,
    credits numeric not null,
    primary key (month, scope, key, part),
    constraint usage_scope_known check (scope in ('member', 'server', 'all'))
);

-- Whoever is forgotten keeps the month's sum, but nobody can tell whose it is: members are counted under a keyed hash,
-- and when the month is over, its key is thrown away.
create table usage_keys (
    month date primary key,
    key   bytea not null
);

create function usage_month() returns date
language sql stable parallel safe
return date_trunc('month', now(), 'UTC')::date;

-- Who it is that uses, in a month. 16 bytes of a hash whose key is the month's.
create function usage_holder(member bigint, of_month date) returns bytea
language plpgsql volatile as $$
declare
    secret bytea := (select key from usage_keys where month = of_month);
begin
    if secret is null then
        insert into usage_keys (month, key)
        values (of_month, uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
        on conflict (month) do nothing;
        secret := (select key from usage_keys where month = of_month);
    end if;
    return substr(sha256(secret || int8send(member)), 1, 16);
end
$$;

-- A part of the sums that no other transaction uses just now; it is this one's until its end.
create function usage_part() returns smallint
language sql volatile as $$
    select coalesce(
        (select part from generate_series(0, 15) as part where pg_try_advisory_xact_lock(7263447, part) limit 1),
        pg_backend_pid() % 16
    )::smallint
$$;

-- Adds to what is used, or takes away from it where it is negative. Whoever counts for several members does so in the
-- order of the holders, so that two transactions do not wait for each other.
create function count_usage(of_month date, holder bytea, server bigint, credits numeric) returns void
language sql volatile as $$
    with free as materialized (select usage_part() as part)
    insert into usage (month, scope, key, part, credits)
    select $1, 'all', '', part, $4 from free
    union all
    select $1, 'member', $2, 0, $4
    union all
    select $1, 'server', int8send($3), part, $4 from free
    on conflict (month, scope, key, part) do update set credits = usage.credits + excluded.credits
$$;

-- What is used of the limits, whether the interaction has an order already, and the turn of what is stored next: the
-- queue's current one, or behind the member's last one that is still open, if that is later. The current turn is that of
-- the job next in line or, when none waits, the latest that is at work.
-- A function of its own, as its statements see what was committed until it had the locks: one statement alone would see
-- only what was there when it began, and several commands at once would pass together, or share a turn.
-- The locks last until the order is stored. They are the member's, and those of the limits that others share.
-- The line is counted no further than `line_max`. What is not asked for is null.
create function used(
    interaction bigint, member bigint, holder bytea, server bigint, of_month date, line_max integer, by_member boolean,
    by_server boolean, by_all boolean
)
returns table (
    is_replay boolean, turn bigint, line_length bigint, member_jobs bigint, member_credits numeric,
    server_credits numeric, all_credits numeric
)
language plpgsql volatile set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
    if by_all then
        perform pg_advisory_xact_lock(7263442, 0);
    end if;
    if by_server then
        perform pg_advisory_xact_lock(7263446, (server % 2147483647)::integer);
    end if;
    perform pg_advisory_xact_lock(7263442, (member % 2147483647)::integer);
    return query select
        exists (select from orders where interaction_id = interaction),
        greatest(
            coalesce(
                (select turn from jobs where state = 'queued' order by turn, id limit 1),
                (select max(turn) from jobs where state = 'running'),
                1
            ),
            -- A range and not an equality, so that no plan looks for the member in the turns of all.
            (
                select turn + 1 from jobs
                where member_id >= member and member_id <= member and state in ('queued', 'running')
                order by member_id desc, turn desc
                limit 1
            )
        ),
        case when line_max is not null then (
            select count(*) from (select from jobs where state = 'queued' order by turn, id limit line_max) as line
        ) end,
        (select count(*) from jobs where member_id = member and state in ('queued', 'running')),
        case when by_member then (
            select coalesce(sum(credits), 0) from usage
            where month = of_month and scope = 'member' and usage.key = holder
        ) end,
        case when by_server then (
            select coalesce(sum(credits), 0) from usage
            where month = of_month and scope = 'server' and usage.key = int8send(server)
        ) end,
        case when by_all then (
            select coalesce(sum(credits), 0) from usage where month = of_month and scope = 'all' and usage.key = ''
        ) end;
end
$$;

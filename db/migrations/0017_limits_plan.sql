-- What is used of the limits is asked with each command. As `line_max` is a parameter of its LIMIT, Postgres took the plan
-- for any such number to be dearer than one for the number at hand, and planned anew each time, which took longer than the
-- answer. The order keeps the line's own index the way to count it, whatever the number.

create or replace function used(
    member bigint, server bigint, line_max integer, by_member boolean, by_server boolean, by_all boolean
)
returns table (
    line_length bigint, member_jobs bigint, member_credits numeric, server_credits numeric, all_credits numeric
)
language plpgsql volatile set plan_cache_mode = force_generic_plan as $$
declare
    month timestamptz := date_trunc('month', now(), 'UTC');
begin
    perform pg_advisory_xact_lock(
        7263442, case when by_server or by_all then 0 else (member % 2147483647)::integer end
    );
    return query select
        (select count(*) from (select from jobs where state = 'queued' order by turn, id limit line_max) as line),
        (select count(*) from jobs where member_id = member and state in ('queued', 'running')),
        case when by_member then (
            select coalesce(sum(credits), 0) from jobs
            where member_id = member and created_at >= month and credits > 0
        ) end,
        case when by_server then (
            select coalesce(sum(credits), 0) from jobs
            where guild_id = server and created_at >= month and credits > 0
        ) end,
        case when by_all then (
            select coalesce(sum(credits), 0) from jobs where created_at >= month and credits > 0
        ) end;
end
$$;

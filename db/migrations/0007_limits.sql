-- What the owner of the bot allows: how long the line may be, how much of it is one member's, and what may be spent.

-- Sums of a calendar month; the price is in the index, so the rows are not read.
create index jobs_spent_by_member on jobs (member_id, created_at) include (credits) where credits > 0;
create index jobs_spent_in_server on jobs (guild_id, created_at) include (credits) where credits > 0;
create index jobs_spent on jobs (created_at) include (credits) where credits > 0;

-- What is used of the limits. A function of its own, as its statements see what was committed until it had the lock:
-- one statement alone would see only what was there when it began, and several commands at once would pass together.
-- The lock lasts until the job is stored. It is the member's alone unless what others spend counts as well.
-- The line is counted no further than `line_max`; what is not asked for is null.
create function used(
    member bigint, server bigint, line_max integer, by_member boolean, by_server boolean, by_all boolean
)
returns table (
    line_length bigint, member_jobs bigint, member_credits numeric, server_credits numeric, all_credits numeric
)
language plpgsql volatile as $$
declare
    month timestamptz := date_trunc('month', now(), 'UTC');
begin
    perform pg_advisory_xact_lock(
        7263442, case when by_server or by_all then 0 else (member % 2147483647)::integer end
    );
    return query select
        (select count(*) from (select from jobs where state = 'queued' limit line_max) as line),
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

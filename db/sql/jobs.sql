-- The bot's side of the queue.

-- name: enqueue
-- Fair turns: a member's next job goes to the queue's current turn, or behind that member's last one if that is later.
-- The current turn is that of the job next in line or, when none waits, the newest there ever was.
-- Nothing is added where the interaction has a job already (`replayed`), or one of the limits $22 to $26 is reached;
-- the row says what is used of them. A limit that is null is none.
with used as materialized (
    select * from used($5, $6, $22::integer, $24::numeric is not null, $25::numeric is not null, $26::numeric is not null)
),
added as (
    insert into jobs (
        interaction_id, application_id, token, token_expires_at,
        member_id, guild_id, channel_id,
        prompt, width, height, model, seed,
        kind, parent_id, negative_prompt, style, private, spoiler, locale, credits,
        turn, reply_due_at, traceparent, parent_channel_id
    )
    select
        $1, $2, $3, $4,
        $5::bigint, $6::bigint, $7,
        $8, $9, $10, $11, $12,
        $13, $14, $15, $16, $17, $18, $19, $20::numeric,
        greatest(
            coalesce(
                (select turn from jobs where state = 'queued' order by turn, id limit 1),
                (select max(turn) from jobs),
                1
            ),
            -- A range and not an equality, so that no plan looks for the member in the turns of all.
            (
                select turn + 1 from jobs
                where member_id >= $5 and member_id <= $5
                order by member_id desc, turn desc
                limit 1
            )
        ),
        now() + make_interval(secs => $21),
        $27,
        $28
    from used
    where line_length < $22
        and member_jobs < $23
        and ($24 is null or member_credits + $20 <= $24)
        and ($25 is null or $6 is null or server_credits + $20 <= $25)
        and ($26 is null or all_credits + $20 <= $26)
    on conflict (interaction_id) do nothing
    returning *
)
select used.*, exists (select from jobs where interaction_id = $1) as replayed, added.*
from used left join added on true;

-- name: place_in_line
-- Counts the jobs that will be claimed before this one, and stops counting at the limit: the queue may be long.
select count(*)
from (
    select from jobs
    where state = 'queued' and (turn, id) < ($1, $2)
    limit $3
) as ahead;

-- name: cancel
-- `started_at` remains and tells whether it was being painted: a job that waits has none.
update jobs
set state = 'cancelled',
    lease_until = null,
    finished_at = now(),
    credits = 0,
    revision = revision + 1
where id = $1 and state in ('queued', 'running')
returning *;

-- name: open_of
-- Those at work first, then the others in the order of the line.
select * from jobs
where member_id = $1 and state in ('queued', 'running')
order by state desc, turn, id
limit $2;

-- name: estimates
-- The place of a job that waits, counted up to a limit; how long the newest pictures of its model took, in the middle;
-- how many are at work; for how many seconds this one has been; and what pauses all.
select
    jobs.id,
    case
        when state = 'queued' then 1 + (
            select count(*)
            from (
                select from jobs as others
                where others.state = 'queued' and (others.turn, others.id) < (jobs.turn, jobs.id)
                limit $2
            ) as ahead
        )
    end as place,
    (
        select percentile_cont(0.5) within group (order by seconds)
        from (
            select extract(epoch from others.finished_at - others.started_at)::float8 as seconds
            from jobs as others
            where others.state = 'done' and others.model = jobs.model
                and others.finished_at > now() - make_interval(secs => $3)
            order by others.finished_at desc
            limit $4
        ) as recent
    ) as usual_seconds,
    (select count(*) from jobs as others where others.state = 'running') as at_work,
    case when state = 'running' then extract(epoch from now() - started_at)::float8 end as seconds_so_far,
    (select kind from alarms where probe_at is not null order by raised_at limit 1) as paused
from jobs
where id = any($1::bigint[]) and state in ('queued', 'running');

-- name: find
select * from jobs where id = $1 and erased_at is null;

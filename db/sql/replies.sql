-- What the bot has shown of each job. `reply_due_at` is when a reply that is behind may next be worked on: it keeps
-- two bots from editing one message at once, spaces out what failed, and gives the command's own answer time to arrive.

-- name: claim_due
with due as (
    select id from jobs
    where shown_revision < revision and given_up_revision < revision and reply_due_at <= now()
    order by reply_due_at
    limit $1
    for update skip locked
)
update jobs
set reply_due_at = now() + make_interval(secs => $2)
from due
where jobs.id = due.id
returning jobs.*;

-- name: claim_moved
-- Waiting jobs whose reply is up to date but for the place it shows (it became the first, or a quarter of the way was
-- gone), or but for what pauses it, as the statement `estimates` tells both. A place is worth an edit only if, at the
-- speed at which it has come forward since the last one, it stands for as long as a place stands at least: else the
-- spinner is there first. `reply_due_at` of such a reply is when it was last edited, or until when a bot holds it. What
-- is asked of the row is asked of the row itself and not of `line`, so that it is asked again of one that another bot
-- has just changed.
with line as (
    select
        id,
        row_number() over (
            partition by credits >= (select min(coalesce(price, 0)) from alarms where probe_at is not null)
            order by turn, id
        ) as place
    from (
        select id, turn, credits from jobs where state = 'queued' order by turn, id limit $2
    ) as front
),
moved as (
    select jobs.id, line.place
    from line join jobs on jobs.id = line.id
    where jobs.state = 'queued' and jobs.shown_revision = jobs.revision and jobs.given_up_revision < jobs.revision
        and jobs.reply_due_at <= now() - make_interval(secs => $3)
        and (
            (
                (line.place * 4 <= jobs.shown_place * 3 or (line.place = 1 and jobs.shown_place > 1))
                and line.place * (now() - jobs.reply_due_at)
                    >= (jobs.shown_place - line.place) * make_interval(secs => $3)
            )
            or jobs.shown_pause is distinct from coalesce(
                (
                    select kind from alarms
                    where probe_at is not null and coalesce(price, 0) <= jobs.credits
                    order by raised_at
                    limit 1
                ),
                (select 'rate_limited' from request_slots where asked_until > now() limit 1)
            )
        )
    order by line.place
    limit $1
    for update of jobs skip locked
)
update jobs
set reply_due_at = now() + make_interval(secs => $4)
from moved
where jobs.id = moved.id
returning jobs.*, moved.place;

-- name: claim_over
-- Replies that are up to date, but tell a time that is over. `estimate_over_at` stays as it is until another is shown:
-- whoever was to do so may die.
with over as (
    select id from jobs
    where state in ('queued', 'running') and estimate_over_at <= now()
        and shown_revision = revision and given_up_revision < revision and reply_due_at <= now()
    order by estimate_over_at
    limit $1
    for update skip locked
)
update jobs
set reply_due_at = now() + make_interval(secs => $2)
from over
where jobs.id = over.id
returning jobs.*;

-- name: next_due
-- Seconds until the next reply that is behind may be worked on; negative if that time has come.
select extract(epoch from min(reply_due_at) - now())::float8
from jobs
where shown_revision < revision and given_up_revision < revision;

-- name: shown
-- The token is dropped once the job's end is shown: nothing will be edited through it any more. That of a private reply
-- is kept until it is erased, as nothing else finds such a message.
update jobs
set shown_revision = greatest(shown_revision, $2),
    message_id = coalesce($3, message_id),
    reply_channel_id = coalesce($5, reply_channel_id),
    shown_place = $4,
    shown_pause = $7,
    estimate_over_at = now() + make_interval(secs => $8),
    reply_due_at = now() + make_interval(secs => $6),
    reply_failure = null,
    token = case
        when state not in ('done', 'failed', 'cancelled') or $2 < revision then token
        when private and guild_id is not null and erased_at is null then token
    end
where id = $1
returning id;

-- name: found
-- Of a reply whose place nothing has told before.
update jobs
set message_id = $2, reply_channel_id = nullif($3, channel_id)
where id = $1 and message_id is null
returning id;

-- name: postpone
update jobs
set reply_due_at = now() + make_interval(secs => $2),
    reply_failure = coalesce($3, reply_failure)
where id = $1
returning id;

-- name: give_up
-- The revision will not be shown, and is not what is shown: the record says why.
update jobs
set given_up_revision = greatest(given_up_revision, $2),
    reply_failure = $3,
    reply_due_at = now(),
    token = case when state in ('done', 'failed', 'cancelled') and $2 >= revision then null else token end
where id = $1
returning id;

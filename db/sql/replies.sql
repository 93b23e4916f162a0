-- What the bot has shown of each job. `reply_due_at` is when a reply that is behind may next be worked on: it keeps
-- two bots from editing one message at once, spaces out what failed, and gives the command's own answer time to arrive.

-- name: claim_due
with due as (
    select id from jobs
    where shown_revision < revision and reply_due_at <= now()
    order by reply_due_at
    limit $1
    for update skip locked
)
update jobs
set reply_due_at = now() + make_interval(secs => $2)
from due
where jobs.id = due.id
returning jobs.*;

-- name: next_due
-- Seconds until the next reply that is behind may be worked on; negative if that time has come.
select extract(epoch from min(reply_due_at) - now())::float8
from jobs
where shown_revision < revision;

-- name: shown
-- The token is dropped once the job's end is shown: nothing will be edited through it any more.
update jobs
set shown_revision = greatest(shown_revision, $2),
    message_id = coalesce($3, message_id),
    reply_due_at = now(),
    reply_faults = 0,
    token = case when state in ('done', 'failed', 'cancelled') and $2 >= revision then null else token end
where id = $1
returning id;

-- name: postpone
update jobs
set reply_due_at = now() + make_interval(secs => $2),
    reply_faults = reply_faults + $3
where id = $1
returning id;

-- name: give_up
-- The revision can never be shown: the record says why.
update jobs
set shown_revision = greatest(shown_revision, $2),
    reply_failure = $3,
    token = case when state in ('done', 'failed', 'cancelled') and $2 >= revision then null else token end
where id = $1
returning id;

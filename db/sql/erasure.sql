-- Deleting what is a member's. The row remains as the bill; what was asked for leaves it, and its words with the prompt.

-- name: erase
with erased as (
    update jobs
    set prompt = '',
        negative_prompt = null,
        style = null,
        seed = null,
        painted_seed = null,
        failure_detail = null,
        -- Nothing else finds a private reply, to remove it.
        token = case when private and guild_id is not null then token end,
        parked = false,
        erased_at = now(),
        objects_due_at = case when attempt > 0 then now() end,
        reply_due_at = now(),
        revision = revision + 1
    where id = $1 and state in ('done', 'failed', 'cancelled') and erased_at is null
    returning *
),
unmarked as (
    delete from favourites using erased where job_id = erased.id
),
unparked as (
    delete from parked using erased where job_id = erased.id
),
forgotten as (
    delete from downloads using erased where job_id = erased.id
)
select * from erased;

-- name: cancel_all_of
-- What a member has in line or at work, so that it can be erased with the rest.
update jobs
set state = 'cancelled',
    lease_until = null,
    finished_at = now(),
    credits = 0,
    revision = revision + 1
where member_id = $1 and state in ('queued', 'running')
returning id;

-- name: erase_some_of
-- A batch of a member's jobs, those that were erased one by one before included: the bill forgets whose it is.
with chosen as (
    select id from jobs
    where member_id = $1 and state in ('done', 'failed', 'cancelled')
    limit $2
    for update
),
erased as (
    update jobs
    set member_id = 0,
        prompt = '',
        negative_prompt = null,
        style = null,
        seed = null,
        painted_seed = null,
        failure_detail = null,
        token = case when private and guild_id is not null then token end,
        parked = false,
        erased_at = coalesce(erased_at, now()),
        objects_due_at = case when erased_at is null and attempt > 0 then now() else objects_due_at end,
        reply_due_at = case when erased_at is null then now() else reply_due_at end,
        revision = case when erased_at is null then revision + 1 else revision end
    from chosen
    where jobs.id = chosen.id
    returning jobs.id
),
unmarked as (
    delete from favourites using erased where job_id = erased.id
),
unparked as (
    delete from parked using erased where job_id = erased.id
),
forgotten as (
    delete from downloads using erased where job_id = erased.id
)
select id from erased;

-- name: unmark_all_of
delete from favourites where member_id = $1;

-- name: forget_downloads_of
delete from downloads where member_id = $1;

-- name: claim_objects
-- Jobs whose objects are to be removed; another worker is given them only if this one has not done so in time.
with due as (
    select id from jobs
    where objects_due_at <= now()
    order by objects_due_at
    limit $1
    for update skip locked
)
update jobs
set objects_due_at = now() + make_interval(secs => $2)
from due
where jobs.id = due.id
returning jobs.*;

-- name: objects_removed
-- They are removed once more after a time, for what a worker put there that was late to learn that it had lost the job.
update jobs
set objects_due_at = case
    when erased_at > now() - make_interval(secs => $2) then erased_at + make_interval(secs => $2)
end
where id = $1 and objects_due_at is not null
returning id;

-- Paid pictures that the bucket did not take. They are bounded: this is a database, and not a bucket.

-- name: lock
-- Held until the transaction ends, so that pictures parked at the same time do not exceed the bound together.
select pg_advisory_xact_lock(7263443);

-- name: park
-- The bytes are kept and the job is done, or neither. `held` is false for a worker that lost the job; one that asks
-- again, as the answer to its first try was lost, finds that it holds a job which is done.
with held as (
    select id, state from jobs
    where id = $1 and attempt = $2 and state in ('running', 'done')
    for update
),
used as (
    select coalesce(sum(octet_length(original) + octet_length(preview)), 0)::bigint as bytes from parked
),
kept as (
    insert into parked (job_id, original, preview)
    select held.id, $3::bytea, $4::bytea from held, used
    where held.state = 'running' and used.bytes + octet_length($3::bytea) + octet_length($4::bytea) <= $9::bigint
    returning job_id
),
finished as (
    update jobs
    set state = 'done',
        parked = true,
        lease_until = null,
        finished_at = now(),
        painted_seed = $5,
        original_bytes = $6,
        width = $7,
        height = $8,
        revision = revision + 1
    from kept
    where jobs.id = kept.job_id
    returning jobs.id
)
select
    exists (select from held) as held,
    exists (select from finished) or exists (select from held where state = 'done') as safe,
    (select bytes from used) as bytes_before;

-- name: claim_one
-- One at a time, as each is a picture in memory. Another worker is given it only if this one does not come back.
with due as (
    select job_id from parked
    where carry_at <= now()
    order by carry_at
    limit 1
    for update skip locked
),
taken as (
    update parked
    set carry_at = now() + make_interval(secs => $1)
    from due
    where parked.job_id = due.job_id
    returning parked.job_id, original, preview
)
select jobs.*, original, preview from taken join jobs on jobs.id = job_id;

-- name: postpone
-- The longer the bucket has been away, the longer the pause, up to a minute.
update parked
set carry_at = now() + greatest(interval '1 second', least(interval '1 minute', (now() - parked_at) / 4))
where job_id = $1
returning job_id;

-- name: carried
-- The bytes are in the bucket, so the reply gets its link.
with gone as (
    delete from parked where job_id = $1 returning job_id
)
update jobs
set parked = false,
    revision = revision + 1
from gone
where jobs.id = gone.job_id and jobs.parked
returning jobs.id;

-- name: bytes
select coalesce(sum(octet_length(original) + octet_length(preview)), 0)::bigint from parked;

-- name: original
select original from parked where job_id = $1;

-- name: preview
select preview from parked where job_id = $1;

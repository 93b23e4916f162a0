-- Paid pictures that the bucket did not take. They are bounded: this is a database, and not a bucket.

-- name: lock
-- Held until the transaction ends, so that pictures kept at the same time do not exceed the bound together.
select pg_advisory_xact_lock(7263443);

-- name: bytes
select coalesce(sum(octet_length(original) + octet_length(preview)), 0)::bigint from spill;

-- name: keep
-- In the transaction that finishes the job. Again is no fault, and keeps nothing of a picture that was erased
-- meanwhile.
insert into spill (picture_id, original, preview)
select id, $2, $3 from pictures where id = $1 and erased_at is null
on conflict (picture_id) do nothing;

-- name: claim_one
-- One at a time, as each is a picture in memory. Another worker is given it only if this one does not come back.
with due as (
    select picture_id from spill
    where upload_at <= now()
    order by upload_at
    limit 1
    for update skip locked
),
taken as (
    update spill
    set upload_at = now() + make_interval(secs => $1)
    from due
    where spill.picture_id = due.picture_id
    returning spill.picture_id, original, preview
)
select order_pictures.*, original, preview from taken join order_pictures on order_pictures.id = picture_id;

-- name: postpone
-- The longer the bucket has been away, the longer the pause, up to a minute.
update spill
set upload_at = now() + greatest(interval '1 second', least(interval '1 minute', (now() - spilled_at) / 4))
where picture_id = $1
returning picture_id;

-- name: uploaded
-- The bytes are in the bucket, so the reply gets its link.
with gone as (
    delete from spill where picture_id = $1 returning picture_id
)
update replies
set revision = revision + 1
from gone join pictures on pictures.id = gone.picture_id
where replies.order_id = pictures.order_id
returning replies.order_id;

-- name: original
select original from spill where picture_id = $1;

-- name: preview
select preview from spill where picture_id = $1;

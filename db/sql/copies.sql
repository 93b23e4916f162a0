-- Messages that show pictures beside their replies, and that go when one of these is deleted.

-- name: record
-- The jobs are locked meanwhile: one that is being erased is seen to be, or finds this row.
with shown as (
    select erased_at from jobs where id = any($4) for share
),
due as (
    select case
        when $5::float8 is not null then now() + make_interval(secs => $5)
        when exists (select from shown where erased_at is not null) then now()
    end as at
)
insert into copies (message_id, channel_id, member_id, job_ids, due_at, due_since)
select $1, $2, $3, $4, due.at, due.at from due
on conflict (message_id) do nothing;

-- name: recall
-- A statement of its own after that which erases: so it sees what was recorded while that one waited for its lock.
update copies
set due_at = now(), due_since = now()
where due_at is null and job_ids && $1::bigint[];

-- name: recall_all_of
-- What was sent to a member or posted for them; until it is removed, nothing but its place is known of it.
update copies
set member_id = null, due_at = coalesce(due_at, now()), due_since = coalesce(due_since, now())
where member_id = $1;

-- name: claim_due
with due as (
    select message_id from copies
    where due_at <= now()
    order by due_at
    limit $1
    for update skip locked
)
update copies
set due_at = now() + make_interval(secs => $2)
from due
where copies.message_id = due.message_id
returning copies.message_id, copies.channel_id, extract(epoch from now() - copies.due_since)::float8 as due_seconds;

-- name: postpone
update copies set due_at = now() + make_interval(secs => $2) where message_id = $1 returning true;

-- name: removed
delete from copies where message_id = $1 returning true;

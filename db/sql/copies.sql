-- Messages that show pictures beside their replies, and that go when one of these is deleted.

-- name: record
-- The pictures are locked meanwhile: one that is being erased is seen to be, or finds this row. So is what says that
-- the member asked for a download ($6): without it, the member was forgotten while that was sent.
with shown as (
    select erased_at from pictures where id = any($4) for share
),
asked as (
    select from downloads where member_id = $3 and picture_id = any($4) for share
),
forgotten as (
    select $6 and not exists (select from asked) as so
),
due as (
    select case
        when $5::float8 is not null then now() + make_interval(secs => $5)
        when forgotten.so or exists (select from shown where erased_at is not null) then now()
    end as at
    from forgotten
)
insert into copies (message_id, channel_id, member_id, picture_ids, due_at, due_since)
select $1, $2, case when not forgotten.so then $3::bigint end, $4, due.at, due.at from due, forgotten
on conflict (message_id) do nothing;

-- name: recall
-- A statement of its own after that which erases: so it sees what was recorded while that one waited for its lock.
update copies
set due_at = now(), due_since = now()
where due_at is null and picture_ids && $1::bigint[];

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

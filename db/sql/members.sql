-- What a member wants where nothing else is said.

-- name: find
select settings, revision from members where member_id = $1;

-- name: changed
-- The newest changes since $1, and no more than $2: all that a process has at hand.
select member_id, settings, revision from members where changed_at >= $1 order by changed_at desc limit $2;

-- name: save
-- Only over what was seen: $3 is that revision, 0 where there was none.
with saved as (
    insert into members (member_id, settings)
    select $1, $2::text::jsonb where $3::bigint = 0
    on conflict (member_id) do nothing
    returning revision
),
changed as (
    update members set settings = $2::text::jsonb, revision = revision + 1, changed_at = now()
    where member_id = $1 and revision = $3
    returning revision
)
select revision, pg_notify('rules_changed', '') from (select * from saved union all select * from changed) as done;

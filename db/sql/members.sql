-- What a member wants where nothing else is said.

-- name: find
select settings, revision from members where member_id = $1;

-- name: save
-- Only over what was seen: $3 is that revision, 0 where there was none.
with saved as (
    insert into members (member_id, settings)
    select $1, $2::text::jsonb where $3 = 0
    on conflict (member_id) do nothing
    returning revision
),
changed as (
    update members set settings = $2::text::jsonb, revision = revision + 1
    where member_id = $1 and revision = $3
    returning revision
)
select revision from (select * from saved union all select * from changed) as done;

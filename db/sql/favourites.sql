-- The pictures that members marked for themselves.

-- name: add
-- False where the member may not see the picture, or it is there no more.
with visible as (
    select id from pictures where id = $2 and erased_at is null and (not private or member_id = $1)
),
added as (
    insert into favourites (member_id, picture_id)
    select $1, id from visible
    on conflict (member_id, picture_id) do nothing
)
select exists (select from visible);

-- name: remove
delete from favourites where member_id = $1 and picture_id = $2;

-- name: among
select picture_id from favourites where member_id = $1 and picture_id = any($2::bigint[]);

-- The pictures that members marked for themselves.

-- name: add
-- False where the member may not see the picture, or it is there no more. It is locked meanwhile: one that is being
-- erased is seen to be, or finds this mark.
with visible as (
    select id, order_id from pictures where id = $2 and erased_at is null and (not private or member_id = $1)
    for share
),
added as (
    insert into favourites (member_id, picture_id, words)
    select $1, visible.id, search_words(orders.prompt, $1) from visible join orders on orders.id = visible.order_id
    on conflict (member_id, picture_id) do nothing
)
select exists (select from visible);

-- name: remove
delete from favourites where member_id = $1 and picture_id = $2;

-- name: among
select picture_id from favourites where member_id = $1 and picture_id = any($2::bigint[]);

-- All that is a member's, for the member: each the newest, and no more than is asked for.

-- name: orders
-- Those before $2.
select id, created_at, guild_id, channel_id, locale, operation, model, prompt, params, inputs, count, private, spoiler
from orders
where (member_id, id) < ($1, $2) and member_id >= $1 and member_id <> 0 and erased_at is null
order by member_id desc, id desc
limit $3;

-- name: pictures
-- Of these orders.
select order_pictures.*
from unnest($1::bigint[]) as wanted (order_id) cross join lateral (
    -- The limit tells the planner how few they are.
    select * from order_pictures
    where order_pictures.id > wanted.order_id * 16 and order_pictures.id < wanted.order_id * 16 + 16
    order by order_pictures.id
    limit 15
) as order_pictures
where deleted_at is null
order by order_pictures.id;

-- name: favourites
select picture_id, created_at as marked_at from favourites where member_id = $1 order by picture_id desc limit $2;

-- name: handed_in
select id, created_at as handed_in_at, width, height, bytes from uploads
where member_id = $1 and erased_at is null
order by id
limit $2;

-- name: reports
select picture_id, guild_id as server, reason, reported_at, decision, decided_at from reports
where member_id = $1 and member_id <> 0
order by id desc
limit $2;

-- name: blocks
select guild_id as server, reason, until, blocked_at from blocks where member_id = $1 order by guild_id limit $2;

-- name: changes
select guild_id as server, changed_at, change from audit
where member_id = $1 and member_id <> 0
order by id desc
limit $2;

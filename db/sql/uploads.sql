-- What members hand in, to have a picture made from it.

-- name: add
insert into uploads (member_id, url, width, height, bytes) values ($1, $2, $3, $4, $5)
returning id, key, member_id, width, height, bytes, url;

-- name: find
select id, key, member_id, width, height, bytes, url from uploads where id = $1 and erased_at is null;

-- name: kept
update uploads set url = null where id = $1;

-- name: find_all
select id, key, member_id, width, height, bytes, url from uploads
where id = any($1::bigint[]) and erased_at is null;

-- name: erase_unused
-- What the bucket has was used: it ends with its last order. Of what it has not, a worker may have failed to say so.
with unused as (
    select id from uploads
    where url is not null and created_at < now() - make_interval(days => $1)
        and not exists (
            select from orders
            where orders.inputs @> array[uploads.id] and orders.inputs <> '{}' and orders.erased_at is null
        )
    order by created_at
    limit $2
    for update skip locked
),
erased as (
    update uploads set erased_at = now(), member_id = 0, url = null
    from unused
    where uploads.id = unused.id
    returning uploads.key
),
removal as (
    insert into removals (prefix, due_at) select key || '/', now() from erased
    on conflict (prefix) do nothing
)
select key from erased;

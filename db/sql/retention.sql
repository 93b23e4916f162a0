-- Originals that are removed after some days. What a member marked as a favourite is kept, and what is spilled is not
-- in the bucket yet.

-- name: expire
-- From now on no link is made, and the sweeper takes the original when the last link has ended that was made before:
-- it told its member until when it works. No revision is raised: thousands of old messages are not edited for it. $4 is
-- where the last batch ended: what that one left, as favourites are kept, is not looked at again for each.
with old as (
    select id from pictures
    where erased_at is null and expired_at is null
        and created_at < now() - make_interval(days => $1) and created_at >= $4
        and not exists (select from favourites where picture_id = pictures.id)
        and not exists (select from spill where picture_id = pictures.id)
    order by created_at
    limit $2
    for update skip locked
),
expired as (
    update pictures set expired_at = now()
    from old
    where pictures.id = old.id
    returning pictures.id, pictures.order_id, pictures.attempt, pictures.bytes, pictures.created_at
),
removal as (
    insert into removals (prefix, due_at)
    select orders.key || '/' || expired.id % 16 || '/' || expired.attempt || '/original.png',
        now() + make_interval(secs => $3)
    from expired join orders on orders.id = expired.order_id
    on conflict (prefix) do nothing
)
select bytes, created_at from expired;

-- Deleting what is a member's: one statement a table, all of them for the same pictures, or for the same orders. The
-- rows remain, as the jobs are the bill; what was asked for leaves them.

-- name: lock
-- Of two that erase an order's last pictures at once, the second sees what the first has done.
select from orders where id = $1 for no key update;

-- name: pictures
-- What is there to see goes. $2 forgets whose they were, those that were erased before included, and where a direct
-- message is its member's.
update pictures
set erased_at = coalesce(erased_at, now()),
    seed = null,
    words = '',
    member_id = case when $2 then 0 else member_id end,
    channel_id = case when $2 and guild_id is null then 0 else channel_id end
where id = any($1::bigint[]) and (erased_at is null or $2)
returning id, erased_at = now() as is_new;

-- name: favourites
delete from favourites where picture_id = any($1::bigint[]);

-- name: downloads
delete from downloads where picture_id = any($1::bigint[]);

-- name: spill
delete from spill where picture_id = any($1::bigint[]);

-- name: reports
-- What was said of it goes, and there is nothing left to decide; the message that shows it changes.
update reports
set reason = '',
    decision = coalesce(decision, 'deleted'),
    decided_at = coalesce(decided_at, now()),
    tell_at = now()
where picture_id = any($1::bigint[]);

-- name: is_ended
-- Whether nothing of an order is left to be seen, nor to come.
select not exists (
        select from pictures where id > $1::bigint * 16 and id < $1 * 16 + 16 and erased_at is null
    )
    and not exists (
        select from jobs where id > $1 * 16 and id < $1 * 16 + 16 and state in ('queued', 'running')
    );

-- name: replies
-- Those of $1 change; those of $2 are to be removed. Nothing else than its token finds a private one. Where it is, is
-- known to it alone from now on.
update replies
set revision = revision + 1,
    due_at = now(),
    token = case when ephemeral or order_id <> all($2::bigint[]) then token end,
    channel_id = case
        when order_id = any($2) then coalesce(replies.channel_id, orders.channel_id) else replies.channel_id
    end
from orders
where orders.id = replies.order_id and order_id = any($1::bigint[]) and orders.erased_at is null;

-- name: lock_uploads
-- Of two that erase the last orders of an upload at once, the second sees what the first has done.
select from uploads
where id in (select unnest(inputs) from orders where id = any($1::bigint[]))
order by id
for no key update;

-- name: uploads
-- What was handed in for the orders $1, unless another one lives that is made from it.
with erased as (
    update uploads set erased_at = now(), member_id = 0, url = null
    where erased_at is null
        and id in (select unnest(inputs) from orders where id = any($1::bigint[]))
        and not exists (
            select from orders
            where orders.inputs @> array[uploads.id] and orders.inputs <> '{}' and orders.erased_at is null
                and orders.id <> all($1)
        )
    returning key
)
insert into removals (prefix, due_at, again_at)
select key || '/', now(), now() + make_interval(secs => $2) from erased
on conflict (prefix) do nothing;

-- name: orders
-- $2 forgets whose they were, and where a direct message is its member's.
update orders
set prompt = '',
    params = '{}',
    inputs = '{}',
    traceparent = null,
    erased_at = coalesce(erased_at, now()),
    member_id = case when $2 then 0 else member_id end,
    channel_id = case when $2 and guild_id is null then 0 else channel_id end
where id = any($1::bigint[])
returning id, erased_at = now() as is_new;

-- name: jobs
update jobs
set failure_detail = null, member_id = case when $2 then 0 else member_id end
from unnest($1::bigint[]) as erased (order_id)
where jobs.id > erased.order_id * 16 and jobs.id < erased.order_id * 16 + 16;

-- name: removals
-- From the bucket: what any attempt at the orders $2 left there, and what is there of the pictures $1 of other
-- orders.
insert into removals (prefix, due_at, again_at)
select prefix, now(), now() + make_interval(secs => $3)
from (
    select orders.key || '/' as prefix
    from unnest($2::bigint[]) as erased (order_id) join orders on orders.id = erased.order_id
    where (
        select max(attempt) from jobs where jobs.id > orders.id * 16 and jobs.id < orders.id * 16 + 16
    ) > 0
    union all
    select orders.key || '/' || erased.picture_id % 16 || '/'
    from unnest($1::bigint[]) as erased (picture_id) join orders on orders.id = erased.picture_id / 16
    where orders.id <> all($2)
) as left_over
on conflict (prefix) do nothing;

-- name: orders_of
-- A batch of a member's orders that are not at work, and their pictures, those that were erased one by one before
-- included.
select
    id,
    array(
        select pictures.id from pictures where pictures.id > orders.id * 16 and pictures.id < orders.id * 16 + 16
    ) as picture_ids
from orders
where member_id = $1 and member_id <> 0
    and (
        select bool_and(state not in ('queued', 'running')) from jobs
        where jobs.id > orders.id * 16 and jobs.id < orders.id * 16 + 16
    )
order by id
limit $2
for no key update;

-- name: open_of
select distinct order_id from jobs where member_id = $1 and member_id <> 0 and state in ('queued', 'running');

-- name: uploads_of
-- All that a member has handed in, whoever used it.
with erased as (
    update uploads set erased_at = now(), member_id = 0, url = null
    where member_id = $1 and member_id <> 0 and erased_at is null
    returning key
)
insert into removals (prefix, due_at, again_at)
select key || '/', now(), now() + make_interval(secs => $2) from erased
on conflict (prefix) do nothing;

-- name: favourites_of
delete from favourites where member_id = $1;

-- name: downloads_of
delete from downloads where member_id = $1;

-- name: wishes_of
delete from members where member_id = $1;

-- name: reports_of
-- A report is still to be decided; who made it, and in which words, is not known any more, and its message changes.
update reports set member_id = 0, reason = '', tell_at = now() where member_id = $1 and member_id <> 0;

-- name: decided_by
update reports set decided_by = 0, tell_at = now() where decided_by = $1;

-- name: blocked_by
update blocks set blocked_by = 0 where blocked_by = $1;

-- name: changes_of
-- What was changed stays, as others live by it.
update audit set member_id = 0 where member_id = $1 and member_id <> 0;

-- name: changes_about
-- A block that stands is known by itself; of what was changed about the member it is not told any more about whom.
update audit
set change = case
    when change ? 'lifted' then jsonb_set(change, '{lifted}', '"0"') else jsonb_set(change, '{blocked,0}', '"0"')
end
where coalesce(change #>> '{blocked,0}', change ->> 'lifted') = $1::bigint::text;

-- name: claim_removals
-- What is to be removed from the bucket; another worker is given it only if this one has not done so in time.
with due as (
    select prefix from removals
    where due_at <= now()
    order by due_at
    limit $1
    for update skip locked
)
update removals
set due_at = now() + make_interval(secs => $2)
from due
where removals.prefix = due.prefix
returning removals.prefix;

-- name: removed
-- Once more later, or never.
with later as (
    update removals
    set due_at = again_at, again_at = null
    where prefix = $1 and again_at is not null
    returning prefix
)
delete from removals
where prefix = $1 and again_at is null and not exists (select from later);

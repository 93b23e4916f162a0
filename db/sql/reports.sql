-- Pictures that members find should not be there, until somebody has decided.

-- part: report
reports.id, reports.picture_id, reports.guild_id, reports.reason, reports.reported_at, reports.decision,
    reports.decided_by, reports.decided_at, reports.channel_id, reports.message_id, reports.tell_at,
    orders.member_id as painter_id, orders.channel_id as made_in, replies.message_id as card_id,
    coalesce(replies.channel_id, orders.channel_id) as card_in

-- part: with_card
join orders on orders.id = reports.picture_id / 16 left join replies on replies.order_id = orders.id

-- name: report
-- The picture is locked meanwhile: one that is being erased is seen to be, or finds this row. Nobody has more than $5
-- open ones in a server.
with shown as (
    select from pictures where id = $1 and guild_id = $2 and erased_at is null for share
),
others as (
    select count(*) as open from reports where member_id = $3 and guild_id = $2 and decision is null
),
made as (
    insert into reports (picture_id, guild_id, member_id, reason)
    select $1, $2, $3, $4 from shown, others where others.open < $5
    on conflict (picture_id) where decision is null do nothing
    returning id
)
select
    exists (select from shown) as is_there,
    exists (select from made) as is_new,
    exists (select from reports where picture_id = $1 and decision is null) as is_open;

-- name: find
select {report} from reports {with_card} where reports.id = $1 and reports.guild_id = $2;

-- name: open_of
-- The oldest open ones of a server from $2 on, and the one before them.
(
    select {report} from reports {with_card}
    where reports.guild_id = $1 and decision is null and reports.id < $2
    order by reports.id desc
    limit 1
)
union all
(
    select {report} from reports {with_card}
    where reports.guild_id = $1 and decision is null and reports.id >= $2
    order by reports.id
    limit 2
)
order by id;

-- name: decide
-- The first decision counts.
update reports
set decision = $3, decided_by = $4, decided_at = now(), tell_at = now()
where id = $1 and guild_id = $2 and decision is null
returning picture_id;

-- name: claim_due
-- Of several bots, each message is one's to send or edit.
with due as (
    select id from reports
    where tell_at <= now()
    order by tell_at
    limit $1
    for update skip locked
),
claimed as (
    update reports
    set tell_at = now() + make_interval(secs => $2)
    from due
    where reports.id = due.id
    returning reports.*
)
select {report} from claimed as reports {with_card} order by reports.id;

-- name: told
-- Where its message is. What has changed since it was claimed ($4) is shown next.
update reports
set channel_id = $2, message_id = $3, tell_at = case when tell_at is distinct from $4 then tell_at end
where id = $1;

-- name: found
-- Its message, by a press on it, where the bot died before it was recorded.
update reports set channel_id = $2, message_id = $3, tell_at = now() where id = $1 and message_id is null;

-- name: postpone
update reports set tell_at = now() + make_interval(secs => $3) where id = $1 and tell_at = $2;

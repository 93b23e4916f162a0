-- What the bot has shown of each order. `due_at` is when a reply that is behind may next be worked on: it keeps two
-- bots from editing one message at once, spaces out what failed, and gives the command's own answer time to arrive.

-- name: claim_due
with due as (
    select order_id from replies
    where shown_revision < revision and given_up_revision < revision and due_at <= now()
    order by due_at
    limit $1
    for update skip locked
)
update replies
set due_at = now() + make_interval(secs => $2)
from due
where replies.order_id = due.order_id
returning replies.order_id;

-- name: claim_moved
-- Replies of orders that wait, up to date but for their place (they tell another, or none and are among the first $5),
-- or but for what pauses them, as the statement `estimates` tells both. What is asked of the row is asked of the row
-- itself and not of `line`, so that it is asked again of one that another bot has just changed.
with line as (
    select
        id, order_id, provider, price,
        row_number() over (
            partition by provider, price >= (
                select min(coalesce(alarms.price, 0)) from alarms
                where alarms.provider = front.provider and probe_at is not null
            )
            order by turn, id
        ) as place
    from (
        select id, order_id, turn, price, provider from jobs where state = 'queued' order by turn, id limit $2
    ) as front
),
first as (
    select distinct on (order_id) order_id, provider, price, place from line order by order_id, place
),
moved as (
    select replies.order_id, first.place
    from first join replies on replies.order_id = first.order_id
    -- As an array, so that they are looked up and never looked for among all.
    where replies.order_id = any(array(select order_id from first))
        and replies.shown_revision = replies.revision and replies.given_up_revision < replies.revision
        and replies.due_at <= now() - make_interval(secs => $3)
        -- While one of its jobs is at work it shows that, and no place.
        and not exists (
            select from jobs
            where jobs.id > replies.order_id * 16 and jobs.id < replies.order_id * 16 + 16 and jobs.state = 'running'
        )
        and (
            (replies.shown_place > 0 and replies.shown_place <> first.place)
            or (first.place <= $5 and replies.shown_place is distinct from first.place)
            or replies.shown_pause is distinct from coalesce(
                (
                    select kind from alarms
                    where alarms.provider = first.provider and probe_at is not null
                        and coalesce(alarms.price, 0) <= first.price
                    order by raised_at
                    limit 1
                ),
                (
                    select 'rate_limited' from rate_limit_slots
                    where name = first.provider and paused_until > now() limit 1
                )
            )
        )
    order by first.place
    limit $1
    for update of replies skip locked
)
update replies
set due_at = now() + make_interval(secs => $4)
from moved
where replies.order_id = moved.order_id
returning replies.order_id, moved.place;

-- name: claim_over
-- Replies that are up to date, but tell a time that is over. `estimate_over_at` stays as it is until another is
-- shown: whoever was to do so may die.
with over as (
    select order_id from replies
    where estimate_over_at <= now() and shown_revision = revision and given_up_revision < revision and due_at <= now()
    order by estimate_over_at
    limit $1
    for update skip locked
)
update replies
set due_at = now() + make_interval(secs => $2)
from over
where replies.order_id = over.order_id
returning replies.order_id;

-- name: load
-- Replies with the jobs of their orders, as of one moment: what is shown has to be of the revision that is recorded.
select
    replies.application_id, replies.token, replies.token_expires_at, replies.message_id,
    replies.channel_id as reply_channel_id, replies.revision, replies.shown_revision, replies.shown_place,
    replies.estimate_over_at, order_jobs.*,
    -- Of several it is told what they have cost together.
    case when order_jobs.state in ('failed', 'cancelled') or (order_jobs.state = 'done' and order_jobs.count > 1) then (
        select coalesce(sum(credits), 0) from calls
        where calls.job_id = order_jobs.id and outcome in ('billed', 'unknown')
    ) end as counted,
    pictures.attempt as picture_attempt, pictures.created_at as painted_at, pictures.seconds, pictures.width,
    pictures.height, pictures.seed, pictures.bytes, pictures.expired_at,
    exists (select from spill where spill.picture_id = pictures.id) as is_spilled
from replies
    cross join lateral (
        -- The limit tells the planner how few they are.
        select * from order_jobs
        where order_jobs.id > replies.order_id * 16 and order_jobs.id < replies.order_id * 16 + 16
        order by order_jobs.id
        limit 15
    ) as order_jobs
    left join pictures on pictures.id = order_jobs.id and pictures.erased_at is null
where replies.order_id = any($1::bigint[])
order by order_jobs.id;

-- name: next_due
-- Seconds until the next reply that is behind may be worked on; negative if that time has come.
select extract(epoch from min(due_at) - now())::float8
from replies
where shown_revision < revision and given_up_revision < revision;

-- name: shown
-- The token is dropped once the order's end is shown ($9): nothing will be edited through it any more. That of a
-- private reply is kept until it is erased, as nothing else finds such a message. Where a picture is there more than a
-- minute after it was asked for, it is due from then on that its member is told, if that is wanted.
update replies
set shown_revision = greatest(shown_revision, $2),
    message_id = coalesce($3, message_id),
    channel_id = coalesce($5, channel_id),
    shown_place = $4,
    shown_pause = $7,
    estimate_over_at = now() + make_interval(secs => $8),
    due_at = now() + make_interval(secs => $6),
    failure = null,
    token = case when not $9 or $2 < revision or $10 then token end,
    ping_at = case
        when not $9 or ping_at is not null then ping_at
        when exists (
            select from orders join members on members.member_id = orders.member_id
                join pictures on pictures.id > orders.id * 16 and pictures.id < orders.id * 16 + 16
            where orders.id = $1 and members.settings @> '{"ping": true}' and pictures.erased_at is null
                and pictures.created_at between orders.created_at + interval '1 minute' and now()
                and pictures.created_at > now() - interval '1 hour'
        ) then now()
        else 'infinity'
    end
where order_id = $1
returning order_id;

-- name: claim_pings
-- Orders of which it is to be told that they are there; nobody else is given them while they are held.
with due as (
    select order_id from replies
    where ping_at <= now() and ping_at < 'infinity'
    order by ping_at
    limit $1
    for update skip locked
)
update replies
set ping_at = now() + make_interval(secs => $2)
from due
where replies.order_id = due.order_id
returning replies.order_id;

-- name: pinged
update replies set ping_at = 'infinity' where order_id = $1 returning order_id;

-- name: removed
-- The message of an order that was erased: nothing of where it was is kept.
update replies
set shown_revision = greatest(shown_revision, $2),
    message_id = null,
    channel_id = null,
    token = null,
    shown_place = null,
    shown_pause = null,
    estimate_over_at = null
where order_id = $1
returning order_id;

-- name: redraw
-- A reply whose message ($1) was pressed while it tells what is true no more: what was last to be shown was given up,
-- or it was last edited before as many seconds as its links work ($2). A private one is not, as that would be by direct
-- message; nor one that was edited within these seconds ($3).
update replies
set revision = revision + 1, due_at = now()
where message_id = $1 and revision > 2 and not ephemeral and due_at < now() - make_interval(secs => $3)
    and (
        given_up_revision >= revision
        or (
            due_at < now() - make_interval(secs => $2)
            and shown_revision >= revision
            and exists (
                select from pictures
                where pictures.id > replies.order_id * 16 and pictures.id < replies.order_id * 16 + 16
                    and erased_at is null and expired_at is null
            )
        )
    )
returning order_id;

-- name: found
-- Of a reply whose place nothing has told before.
update replies
set message_id = $2,
    channel_id = nullif($3, (select channel_id from orders where id = $1))
where order_id = $1 and message_id is null
returning order_id;

-- name: postpone
update replies
set due_at = now() + make_interval(secs => $2),
    failure = coalesce($3, failure)
where order_id = $1
returning order_id;

-- name: give_up
-- The revision will not be shown, and is not what is shown: the record says why.
update replies
set given_up_revision = greatest(given_up_revision, $2),
    failure = $3,
    due_at = now(),
    token = case when $4 and $2 >= revision then null else token end
where order_id = $1
returning order_id;

-- The pictures that members may see. A page is a range of the index (member_id, id), found by the key of the picture
-- next to it and never by counting; one neighbour on the other side tells whether there is a page that way too.
-- Whoever asks is $2: of another member's pictures, the private ones are left out, and those that were made elsewhere
-- than in $3, the channels that whoever asks may read, or in public threads of these. Of what is left, those are
-- chosen whose model is $4, that came of the operation $5, are upright (-1), square (0) or wide (1) by $6, of the
-- server $7 (0: of direct messages), and made from $8 on; null is any. A search ($9) that finds little is done before
-- (`matching`): then the page is of the pictures $10 alone. Of any other it is found by walking through the range, and
-- `coalesce` keeps the planner from looking up all that match.
--
-- The range is written as one, and not as an equality and a bound: else the planner may walk through everybody's
-- pictures in the order of their ids, which takes long for a member who has painted none for a while. Which pictures
-- are on the page is read from the index alone, and the rows of these afterwards.

-- part: visible
pictures.erased_at is null
            and (
                pictures.member_id = $2
                or (not private and (pictures.channel_id = any($3) or pictures.parent_channel_id = any($3)))
            )
            and coalesce(pictures.model = $4, true) and coalesce(pictures.operation = $5, true)
            and coalesce(sign(width - height) = $6::integer, true)
            and coalesce(coalesce(pictures.guild_id, 0) = $7, true)
            and coalesce(pictures.created_at >= $8::timestamptz, true)

-- part: found
coalesce(words @@ $9::tsquery, true) and ($10::bigint[] is null or id = any($10))

-- part: marked
($1::bigint is null or pictures.member_id = $1)
            and coalesce(marks.words @@ $9::tsquery, true) and ($10::bigint[] is null or picture_id = any($10))

-- part: with_orders
cross join lateral (select * from order_pictures where order_pictures.id = page.id) as order_pictures

-- name: older
-- The newest pictures before $11, and the one that comes after them.
(
    select order_pictures.* from (
        select id from pictures
        where (member_id, id) < ($1, $11) and member_id >= $1
            and {visible} and {found}
        order by member_id desc, id desc
        limit $12
    ) as page {with_orders}
)
union all
(
    select order_pictures.* from (
        select id from pictures
        where (member_id, id) >= ($1, $11) and member_id <= $1
            and {visible} and {found}
        order by member_id, id
        limit 1
    ) as page {with_orders}
);

-- name: newer
-- The oldest pictures after $11, and the one that comes before them.
(
    select order_pictures.* from (
        select id from pictures
        where (member_id, id) > ($1, $11) and member_id <= $1
            and {visible} and {found}
        order by member_id, id
        limit $12
    ) as page {with_orders}
)
union all
(
    select order_pictures.* from (
        select id from pictures
        where (member_id, id) <= ($1, $11) and member_id >= $1
            and {visible} and {found}
        order by member_id desc, id desc
        limit 1
    ) as page {with_orders}
);

-- name: older_favourites
-- As above, of the pictures that $2 marked; those of one painter where $1 is given.
(
    select order_pictures.* from (
        select picture_id as id from favourites as marks join pictures on pictures.id = picture_id
        where (marks.member_id, picture_id) < ($2, $11) and marks.member_id >= $2
            and {visible} and {marked}
        order by marks.member_id desc, picture_id desc
        limit $12
    ) as page {with_orders}
)
union all
(
    select order_pictures.* from (
        select picture_id as id from favourites as marks join pictures on pictures.id = picture_id
        where (marks.member_id, picture_id) >= ($2, $11) and marks.member_id <= $2
            and {visible} and {marked}
        order by marks.member_id, picture_id
        limit 1
    ) as page {with_orders}
);

-- name: newer_favourites
(
    select order_pictures.* from (
        select picture_id as id from favourites as marks join pictures on pictures.id = picture_id
        where (marks.member_id, picture_id) > ($2, $11) and marks.member_id <= $2
            and {visible} and {marked}
        order by marks.member_id, picture_id
        limit $12
    ) as page {with_orders}
)
union all
(
    select order_pictures.* from (
        select picture_id as id from favourites as marks join pictures on pictures.id = picture_id
        where (marks.member_id, picture_id) <= ($2, $11) and marks.member_id >= $2
            and {visible} and {marked}
        order by marks.member_id desc, picture_id desc
        limit 1
    ) as page {with_orders}
);

-- name: count
-- Of all pages the pictures, no more than $12, and how many of them come before $11.
select count(*) as total, count(*) filter (where id > $11) as newer
from (
    select id from pictures
    where member_id >= $1 and member_id <= $1
            and {visible} and {found}
    order by member_id desc, id desc
    limit $12
) as counted;

-- name: count_favourites
select count(*) as total, count(*) filter (where picture_id > $11) as newer
from (
    select picture_id from favourites as marks join pictures on pictures.id = picture_id
    where marks.member_id >= $2 and marks.member_id <= $2
            and {visible} and {marked}
    order by marks.member_id desc, picture_id desc
    limit $12
) as counted;

-- name: best
-- Of the $10 pictures of a server ($7) that most members marked, those that may be seen, the best first: never a
-- private one, nor one about which is yet to be decided whether it may stay.
select picture_id, ranked.marks
from (
    select picture_id, marks from favourite_counts
    where guild_id = $7
    order by marks desc, picture_id desc
    limit $10
) as ranked
join pictures on pictures.id = picture_id
cross join (select prompt_query($9, 0, 0) as query) as typed
where {visible} and not private and coalesce(pictures.member_id = $1, true)
    and not exists (select from reports where reports.picture_id = pictures.id and decision is null)
    and (
        query is null
        or (select search_words(prompt, 0) @@ query from orders where orders.id = pictures.order_id)
    )
order by ranked.marks desc, picture_id desc;

-- name: these
select * from order_pictures where id = any($1::bigint[]) and deleted_at is null;

-- name: in_order
-- For a page's transaction: where the planner takes a member's pictures for few, it would read and sort all of them; to
-- begin another process takes longer than all of it; and what nobody asked for is left out of a plan that is made for
-- this page alone.
select
    set_config('enable_bitmapscan', 'off', true),
    set_config('max_parallel_workers_per_gather', '0', true),
    set_config('plan_cache_mode', 'force_custom_plan', true);

-- name: query
-- What was typed, as it is searched for among what is $2's; and what of it is worth a look into the index: nearly all
-- prompts have a word that begins with some letter, and to look up which takes long.
select prompt_query($1, $2, 0) as whole, prompt_query($1, $2, 3) as long;

-- name: by_words
-- For a search's transaction: how many match the beginning of a word is not known, and is taken for so many of a large
-- table that the limit seems to be reached soon by reading through all of it.
select set_config('enable_seqscan', 'off', true);

-- name: matching
-- Of a search the pictures that it may find, no more than $2, and how many of these match the whole ($3).
select array_agg(id) as ids, count(*) filter (where words @@ $3::tsquery) as matching
from (select id, words from pictures where words @@ $1::tsquery limit $2) as found;

-- name: matching_favourites
select array_agg(picture_id) as ids, count(*) filter (where words @@ $3::tsquery) as matching
from (select picture_id, words from favourites where words @@ $1::tsquery limit $2) as found;

-- name: suggestions
-- Among a member's newest orders.
select prompt
from (
    select prompt, id from orders
    where member_id >= $1 and member_id <= $1 and member_id <> 0 and operation = 'imagine' and erased_at is null
    order by member_id desc, id desc
    limit $4
) as recent
cross join (select prompt_query($2, 0, 0) as query) as typed
where query is null or search_words(prompt, 0) @@ query
group by prompt
order by max(id) desc
limit $3;

-- name: picture
select * from order_pictures where id = $1 and deleted_at is null and (not private or member_id = $2);

-- name: by_message
-- All that a reply shows.
select order_pictures.*
from replies cross join lateral (
    -- The limit tells the planner how few they are.
    select * from order_pictures
    where order_pictures.id > replies.order_id * 16 and order_pictures.id < replies.order_id * 16 + 16
    order by order_pictures.id
    limit 15
) as order_pictures
where replies.message_id = $1 and revision > 2 and deleted_at is null
order by order_pictures.id;

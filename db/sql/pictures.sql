-- The pictures that members may see. A page is a range of the index (member_id, id), found by the key of the picture
-- next to it and never by counting; one neighbour on the other side tells whether there is a page that way too.
-- Whoever asks is $2: of another member's pictures, the private ones are left out, and those that were made elsewhere
-- than in $6, the channels that whoever asks may read, or in public threads of these. A search ($3) that finds little
-- is done before (`matching`): then the page is of the pictures $7 alone. Of any other it is found by walking through
-- the range, and `coalesce` keeps the planner from looking up all that match.
--
-- The range is written as one, and not as an equality and a bound: else the planner may walk through everybody's
-- pictures in the order of their ids, which takes long for a member who has painted none for a while.

-- part: visible
deleted_at is null
        and (
            order_pictures.member_id = $2
            or (not private and (channel_id = any($6) or parent_channel_id = any($6)))
        )

-- part: found
coalesce(words @@ $3::tsquery, true) and ($7::bigint[] is null or id = any($7))

-- part: marked
($1::bigint is null or order_pictures.member_id = $1)
        and coalesce(marks.words @@ $3::tsquery, true) and ($7::bigint[] is null or picture_id = any($7))

-- name: older
-- The newest pictures before $4, and the one that comes after them.
(
    select order_pictures.* from order_pictures
    where (member_id, id) < ($1, $4) and member_id >= $1
        and {visible} and {found}
    order by member_id desc, id desc
    limit $5
)
union all
(
    select order_pictures.* from order_pictures
    where (member_id, id) >= ($1, $4) and member_id <= $1
        and {visible} and {found}
    order by member_id, id
    limit 1
);

-- name: newer
-- The oldest pictures after $4, and the one that comes before them.
(
    select order_pictures.* from order_pictures
    where (member_id, id) > ($1, $4) and member_id <= $1
        and {visible} and {found}
    order by member_id, id
    limit $5
)
union all
(
    select order_pictures.* from order_pictures
    where (member_id, id) <= ($1, $4) and member_id >= $1
        and {visible} and {found}
    order by member_id desc, id desc
    limit 1
);

-- name: older_favourites
-- As above, of the pictures that $2 marked; those of one painter where $1 is given.
(
    select order_pictures.* from favourites as marks join order_pictures on order_pictures.id = picture_id
    where (marks.member_id, picture_id) < ($2, $4) and marks.member_id >= $2
        and {visible} and {marked}
    order by marks.member_id desc, picture_id desc
    limit $5
)
union all
(
    select order_pictures.* from favourites as marks join order_pictures on order_pictures.id = picture_id
    where (marks.member_id, picture_id) >= ($2, $4) and marks.member_id <= $2
        and {visible} and {marked}
    order by marks.member_id, picture_id
    limit 1
);

-- name: newer_favourites
(
    select order_pictures.* from favourites as marks join order_pictures on order_pictures.id = picture_id
    where (marks.member_id, picture_id) > ($2, $4) and marks.member_id <= $2
        and {visible} and {marked}
    order by marks.member_id, picture_id
    limit $5
)
union all
(
    select order_pictures.* from favourites as marks join order_pictures on order_pictures.id = picture_id
    where (marks.member_id, picture_id) <= ($2, $4) and marks.member_id >= $2
        and {visible} and {marked}
    order by marks.member_id desc, picture_id desc
    limit 1
);

-- name: in_order
-- For a page's transaction: where the planner takes a member's pictures for few, it would read and sort all of them.
set local enable_bitmapscan = off;

-- name: query
-- What was typed, as it is searched for among what is $2's; and what of it is worth a look into the index: nearly all
-- prompts have a word that begins with some letter, and to look up which takes long.
select prompt_query($1, $2, 0) as whole, prompt_query($1, $2, 3) as long;

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

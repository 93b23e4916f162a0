-- The pictures that members may see. A page is a range of the index (member_id, id), found by the key of the picture
-- next to it and never by counting; one neighbour on the other side tells whether there is a page that way too.
-- Whoever asks is $2: of another member's pictures, the private ones are left out, and those that were made elsewhere than
-- in $6, the channels that whoever asks may read, or in public threads of these.
--
-- The range is written as one, and not as an equality and a bound: else the planner may walk through everybody's
-- pictures in the order of their ids, which takes long for a member who has painted none for a while.

-- name: older
-- The newest pictures before $4, and the one that comes after them.
(
    select * from jobs
    where (member_id, id) < ($1, $4) and member_id >= $1
        and state = 'done' and erased_at is null and (member_id = $2 or (not private and (channel_id = any($6) or parent_channel_id = any($6))))
        and ($3::tsquery is null or words @@ $3)
    order by member_id desc, id desc
    limit $5
)
union all
(
    select * from jobs
    where (member_id, id) >= ($1, $4) and member_id <= $1
        and state = 'done' and erased_at is null and (member_id = $2 or (not private and (channel_id = any($6) or parent_channel_id = any($6))))
        and ($3::tsquery is null or words @@ $3)
    order by member_id, id
    limit 1
);

-- name: newer
-- The oldest pictures after $4, and the one that comes before them.
(
    select * from jobs
    where (member_id, id) > ($1, $4) and member_id <= $1
        and state = 'done' and erased_at is null and (member_id = $2 or (not private and (channel_id = any($6) or parent_channel_id = any($6))))
        and ($3::tsquery is null or words @@ $3)
    order by member_id, id
    limit $5
)
union all
(
    select * from jobs
    where (member_id, id) <= ($1, $4) and member_id >= $1
        and state = 'done' and erased_at is null and (member_id = $2 or (not private and (channel_id = any($6) or parent_channel_id = any($6))))
        and ($3::tsquery is null or words @@ $3)
    order by member_id desc, id desc
    limit 1
);

-- name: older_favourites
-- As above, of the pictures that $2 marked; those of one painter where $1 is given.
(
    select jobs.* from favourites as marks join jobs on jobs.id = job_id
    where (marks.member_id, job_id) < ($2, $4) and marks.member_id >= $2
        and ($1::bigint is null or jobs.member_id = $1)
        and state = 'done' and erased_at is null and (jobs.member_id = $2 or (not private and (channel_id = any($6) or parent_channel_id = any($6))))
        and ($3::tsquery is null or words @@ $3)
    order by marks.member_id desc, job_id desc
    limit $5
)
union all
(
    select jobs.* from favourites as marks join jobs on jobs.id = job_id
    where (marks.member_id, job_id) >= ($2, $4) and marks.member_id <= $2
        and ($1::bigint is null or jobs.member_id = $1)
        and state = 'done' and erased_at is null and (jobs.member_id = $2 or (not private and (channel_id = any($6) or parent_channel_id = any($6))))
        and ($3::tsquery is null or words @@ $3)
    order by marks.member_id, job_id
    limit 1
);

-- name: newer_favourites
(
    select jobs.* from favourites as marks join jobs on jobs.id = job_id
    where (marks.member_id, job_id) > ($2, $4) and marks.member_id <= $2
        and ($1::bigint is null or jobs.member_id = $1)
        and state = 'done' and erased_at is null and (jobs.member_id = $2 or (not private and (channel_id = any($6) or parent_channel_id = any($6))))
        and ($3::tsquery is null or words @@ $3)
    order by marks.member_id, job_id
    limit $5
)
union all
(
    select jobs.* from favourites as marks join jobs on jobs.id = job_id
    where (marks.member_id, job_id) <= ($2, $4) and marks.member_id >= $2
        and ($1::bigint is null or jobs.member_id = $1)
        and state = 'done' and erased_at is null and (jobs.member_id = $2 or (not private and (channel_id = any($6) or parent_channel_id = any($6))))
        and ($3::tsquery is null or words @@ $3)
    order by marks.member_id desc, job_id desc
    limit 1
);

-- name: query
-- Asked for before the page, so that the page is planned for these words and not for any.
select prompt_query($1);

-- name: suggestions
-- Among a member's newest jobs, of which each has a later turn than the one before.
select prompt
from (
    select prompt, words, turn from jobs
    where member_id >= $1 and member_id <= $1 and kind = 'imagine' and erased_at is null
    order by member_id desc, turn desc
    limit $4
) as recent
cross join (select prompt_query($2) as query) as typed
where query is null or words @@ query
group by prompt
order by max(turn) desc
limit $3;

-- name: picture
select * from jobs
where id = $1 and state = 'done' and erased_at is null and (not private or member_id = $2);

-- name: by_message
select * from jobs where message_id = $1 and erased_at is null;

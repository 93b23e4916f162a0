-- The pictures that members marked for themselves.

-- name: add
-- False where the member may not see the picture, or it is there no more.
with visible as (
    select id from jobs
    where id = $2 and state = 'done' and erased_at is null and (not private or member_id = $1)
),
added as (
    insert into favourites (member_id, job_id)
    select $1, id from visible
    on conflict (member_id, job_id) do nothing
)
select exists (select from visible);

-- name: remove
delete from favourites where member_id = $1 and job_id = $2;

-- name: among
select job_id from favourites where member_id = $1 and job_id = any($2::bigint[]);

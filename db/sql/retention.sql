-- Originals that are removed after some days. What a member marked as a favourite is kept, and what is parked is not in
-- the bucket yet.

-- name: expire
-- From now on no link is made, and the sweep takes the original when the last link has ended that was made before: it
-- told its member until when it works. No revision is raised: thousands of old messages are not edited for it.
with old as (
    select id from jobs
    where state = 'done' and erased_at is null and expired_at is null and not parked
        and finished_at < now() - make_interval(days => $1)
        and not exists (select from favourites where job_id = jobs.id)
    order by finished_at
    limit $2
    for update skip locked
)
update jobs
set expired_at = now(),
    objects_due_at = now() + make_interval(secs => $3)
from old
where jobs.id = old.id
returning jobs.original_bytes;

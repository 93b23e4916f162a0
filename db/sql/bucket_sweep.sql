-- Objects in the bucket that a worker has left.

-- name: left
-- Of the attempts found, those of our jobs that are over: neither at work nor the one whose picture is shown. Of an
-- order that is not ours nothing is: another installation's, or one that was stored after the backup which was
-- restored.
select found.key, found.number, found.attempt
from unnest($1::uuid[], $2::integer[], $3::integer[]) as found (key, number, attempt)
    join orders on orders.key = found.key
    join jobs on jobs.id = orders.id * 16 + found.number and jobs.attempt >= found.attempt
where not (jobs.attempt = found.attempt and jobs.state = 'running')
    and not exists (
        select from pictures
        where pictures.id = jobs.id and pictures.attempt = found.attempt and pictures.erased_at is null
    );

-- name: uploads
-- Of what was handed in, what is erased.
select key from uploads where key = any($1::uuid[]) and erased_at is not null;

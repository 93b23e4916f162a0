-- Objects in the bucket that no job knows.

-- name: unknown
-- Of the attempts found, those that are nobody's: neither at work nor the one whose picture the job shows.
select found.key, found.attempt
from unnest($1::uuid[], $2::integer[]) as found (key, attempt)
where not exists (
    select from jobs
    where jobs.key = found.key and jobs.attempt = found.attempt
        and jobs.state in ('running', 'done') and jobs.erased_at is null
);

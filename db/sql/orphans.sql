-- Objects in the bucket that a job has left.

-- name: left
-- Of the attempts found, those of our jobs that are over: neither at work nor the one whose picture the job shows. Of a
-- job that is not ours nothing is: another installation's, or one that was stored after the backup which was restored.
select found.key, found.attempt
from unnest($1::uuid[], $2::integer[]) as found (key, attempt)
join jobs on jobs.key = found.key and jobs.attempt >= found.attempt
where not (
    jobs.attempt = found.attempt and jobs.state in ('running', 'done') and jobs.erased_at is null
);

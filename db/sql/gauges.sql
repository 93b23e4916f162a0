-- How the queue stands. Each part reads one partial index, or a table that is small.

-- name: read
select
    waiting.jobs as waiting,
    waiting.oldest_seconds,
    (select count(*) from jobs where state = 'running') as running,
    (
        select count(*) from replies
        where shown_revision < revision and given_up_revision < revision and failure is null
    ) as behind,
    spilled.pictures as spilled,
    spilled.bytes as spilled_bytes,
    (select count(*) from alarms) as alarms
from
    (
        select jobs, coalesce(extract(epoch from now() - created_at), 0)::float8 as oldest_seconds
        from (select count(*) as jobs, min(id) / 16 as oldest from jobs where state = 'queued') as line
            left join orders on orders.id = oldest
    ) as waiting,
    (
        select count(*) as pictures, coalesce(sum(octet_length(original) + octet_length(preview)), 0)::bigint as bytes
        from spill
    ) as spilled;

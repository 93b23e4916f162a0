-- How the house stands, for its gauges. Each part reads one partial index, or a table that is small.

-- name: look
select
    waiting.jobs as waiting,
    waiting.oldest_seconds,
    (select count(*) from jobs where state = 'running') as running,
    (select count(*) from jobs where shown_revision < revision and given_up_revision < revision
        and reply_failure is null) as behind,
    parking.pictures as parked,
    parking.bytes as parked_bytes,
    (select count(*) from alarms) as alarms
from
    (
        select count(*) as jobs, coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as oldest_seconds
        from jobs where state = 'queued'
    ) as waiting,
    (
        select count(*) as pictures, coalesce(sum(octet_length(original) + octet_length(preview)), 0)::bigint as bytes
        from parked
    ) as parking;

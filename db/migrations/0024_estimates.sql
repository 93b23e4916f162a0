-- A time that a reply tells goes by while nothing about its job changes, and a time that is over must not stand there.
-- The version before this one records none, and leaves it there as before.

alter table jobs
    -- When the time that the reply tells is over; null where it tells none.
    add column estimate_over_at timestamptz;

create index jobs_estimates on jobs (estimate_over_at)
    where state in ('queued', 'running') and estimate_over_at is not null;

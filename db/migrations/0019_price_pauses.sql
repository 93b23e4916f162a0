-- A pause for want of credit concerns a price, and what shows that it is over is not the job that was just refused.
-- The version before this one pauses all jobs for any such alarm, as it did.

alter table alarms
    -- Jobs that cost as much or more wait; null where it concerns them all.
    add column price numeric;

alter table jobs
    -- When Stability last refused it for the key or for want of credit.
    add column refused_at timestamptz;

alter table request_slots
    -- Until when Stability has asked that nobody calls; null where it never did.
    add column asked_until timestamptz;

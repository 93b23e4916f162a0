-- A picture that was paid for is not lost because the bucket is away: its bytes are parked here, the job is done, and
-- any worker carries them over later. The version before this one never parks, and goes on working.

create table parked (
    job_id    bigint primary key references jobs (id),
    original  bytea not null,
    preview   bytea not null,
    parked_at timestamptz not null default now(),
    -- When a worker may next try to carry it over; later while one does.
    carry_at  timestamptz not null default now()
);
-- Pictures are compressed already; and the size of what is stored so is known without reading it.
alter table parked alter column original set storage external, alter column preview set storage external;

create index parked_due on parked (carry_at);

-- Whether the bytes are in `parked` and not yet in the bucket; on the row, as each page of the gallery asks it.
alter table jobs add column parked boolean not null default false;

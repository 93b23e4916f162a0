-- Objects in the bucket that no job knows, as a worker leaves them that is killed at the wrong moment, are looked for
-- every night. What one worker did lately, the others need not do again; and an object is known by its job's key.

create table chores (
    name    text primary key,
    done_at timestamptz not null default now()
);

create unique index jobs_key on jobs (key);

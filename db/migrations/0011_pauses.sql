-- What holds up the whole fleet: a key that is refused or an account that is empty, and Stability's limit of requests,
-- which counts for the key and not for the worker. The version before this one ignores both, as it always did.

-- Set where nothing can be painted until it is mended: when one worker may next try whether it is.
alter table alarms add column probe_at timestamptz;

-- Whoever has been waiting for it to be mended is woken.
create function announce_resumption() returns trigger language plpgsql as $$
begin
    perform pg_notify('job_queued', '');
    return null;
end
$$;

create trigger announce_resumption after delete on alarms
    for each row when (old.probe_at is not null) execute function announce_resumption();

-- As many rows as there may be requests in a time; each is used once in it. So no window of that length, wherever it
-- begins, can have more, and no clock but this server's is asked.
create table request_slots (
    slot    integer primary key,
    free_at timestamptz not null default now()
);
create index request_slots_free on request_slots (free_at);

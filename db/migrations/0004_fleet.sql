-- What the processes agree on among themselves.

-- What the owner of the bot has to mend, until it is mended: a provider's key, its credits, a model that is gone, a
-- provider or the bucket away. The workers notice it and the bot tells it, each alarm once.
create table alarms (
    kind      text not null,
    -- Whose it is; empty for what is no provider's.
    provider  text not null default '',
    -- The model that is gone; empty where all are concerned.
    model     text not null default '',
    detail    text not null,
    raised_at timestamptz not null default now(),
    -- When somebody may next try to tell it; later while one does.
    tell_at   timestamptz not null default now(),
    told_at   timestamptz,
    -- Set where nothing of the provider can be painted until it is mended: when one worker may next try whether it
    -- is.
    probe_at  timestamptz,
    -- Jobs that cost as much or more wait; null where it concerns them all.
    price     numeric,
    primary key (kind, provider, model)
);

create trigger announce_alarm after insert on alarms
    for each row execute function announce('alarm_raised');
-- Whoever has been waiting for it to be mended is woken.
create trigger announce_resumption after delete on alarms
    for each row when (old.probe_at is not null) execute function announce('job_queued');

-- As many rows as there may be requests to a provider in a time; each is used once in it. So no window of that
-- length, wherever it begins, can have more, and no clock but this server's is asked. A session with Discord is begun
-- likewise.
create table rate_limit_slots (
    name         text not null,
    slot         integer not null,
    free_at      timestamptz not null default now(),
    -- Until when the provider has asked that nobody calls; null where it never did.
    paused_until timestamptz,
    primary key (name, slot)
);
-- The next slot is the one that is free first (rate_limits.take).
create index rate_limit_slots_free on rate_limit_slots (name, free_at);

-- What one worker does once a day for all of them.
create table daily_tasks (
    name    text primary key,
    done_at timestamptz not null default now()
);

-- What the owner of the bot has to mend, until it is mended: the key, the credits, a model that is gone, Stability away.
-- The workers notice it and the bot tells it, each alarm once.

create table alarms (
    kind      text primary key,
    detail    text not null,
    raised_at timestamptz not null default now(),
    told_at   timestamptz
);

create function announce_alarm() returns trigger language plpgsql as $$
begin
    perform pg_notify('alarm_raised', '');
    return null;
end
$$;

create trigger announce_new_alarm after insert on alarms
    for each row execute function announce_alarm();

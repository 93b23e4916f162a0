-- Discord takes one new session in five seconds from a bot, or a few where it says so; several processes of the bot
-- start together, and keep to that together. Each row is one of those few, and when it is free again.

create table identify_slots (
    bucket  integer primary key,
    free_at timestamptz not null
);

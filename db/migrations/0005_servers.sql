-- What a server's owner decides, and who changed it. Both are empty until there are settings to be made from inside
-- Discord; what is not set is as the environment has it.

create table servers (
    guild_id   bigint primary key,
    -- Whether the owner of the bot lets it paint; null where nobody has decided.
    is_allowed boolean,
    settings   jsonb not null default '{}'
);

create table audit (
    id         bigint generated always as identity primary key,
    guild_id   bigint not null,
    member_id  bigint not null,
    changed_at timestamptz not null default now(),
    change     jsonb not null
);

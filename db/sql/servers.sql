-- The rules of the owner of the bot (row 0) and of each server's managers, as they are set from inside Discord.

-- name: revisions
-- What has changed is loaded by who finds another revision here than it has.
select guild_id, revision from servers;

-- name: load
select guild_id, is_allowed, settings, granted, shut_until, shut_reason, name, asked_at, left_at, revision from servers
where guild_id = any($1::bigint[]);

-- name: save
-- Only over what was seen: $8 is that revision, 0 where there was no row. Who changed it, and what, is in the audit by
-- the same statement.
with saved as (
    insert into servers (guild_id, is_allowed, settings, granted, shut_until, shut_reason, name, asked_at, left_at)
    select $1, $2, $3::text::jsonb, $4::text::jsonb, $5, $6, $7, $11, $12 where $8 = 0
    on conflict (guild_id) do nothing
    returning revision
),
changed as (
    update servers
    set is_allowed = $2, settings = $3::text::jsonb, granted = $4::text::jsonb, shut_until = $5, shut_reason = $6,
        name = $7, asked_at = $11, left_at = $12, revision = revision + 1
    where guild_id = $1 and revision = $8
    returning revision
),
audited as (
    insert into audit (guild_id, member_id, change)
    select $1, $9, $10::text::jsonb from (select from saved union all select from changed) as done
    where $10 is not null
)
select revision, pg_notify('rules_changed', '') from (select * from saved union all select * from changed) as done;

-- name: meet
-- Servers that the bot is in, by id, name and whether they are let in, all at once: at the first start of a large bot
-- these are thousands, and whoever is told of each change would look for it as often. One that is known stays.
with met as (
    insert into servers (guild_id, name, is_allowed)
    select guild_id, name, is_allowed
    from unnest($1::bigint[], $2::text[], $3::boolean[]) as told (guild_id, name, is_allowed)
    on conflict (guild_id) do nothing
    returning guild_id
)
select pg_notify('rules_changed', '') from met limit 1;

-- name: first_limit_told
-- The owner knows that a first limit stands: of row 0, that is what the owner was asked about.
insert into servers (guild_id, asked_at) values (0, now())
on conflict (guild_id) do update
set asked_at = now(), revision = servers.revision + 1
where servers.asked_at is null;

-- name: lock
-- Whoever shuts a server waits for the orders that are being stored there (the function `store_order`), and those that
-- come next wait for the change.
select pg_advisory_xact_lock(7263446, ($1::bigint % 2147483647)::integer);

-- name: decided_by
-- Who has last decided whether it is let in.
select member_id from audit where guild_id = $1 and change ? 'is_allowed' order by id desc limit 1;

-- name: credits
-- What each of these servers has used in this month.
select guild_id, used_in_month(usage_month(), 'server', int8send(guild_id)) as credits
from unnest($1::bigint[]) as listed (guild_id);

-- name: of_member
-- Where a member has asked for pictures, the latest first, among the newest $2 of its orders.
select guild_id from (
    select id, guild_id from orders where member_id = $1 and member_id <> 0 order by id desc limit $2
) as newest
where guild_id is not null
group by guild_id
order by max(id) desc;

-- The rules of the owner of the bot (row 0) and of each server's managers, as they are set from inside Discord.

-- name: revisions
-- What has changed is loaded by who finds another revision here than it has.
select guild_id, revision from servers;

-- name: load
select guild_id, is_allowed, settings, granted, shut_until, shut_reason, name, revision from servers
where guild_id = any($1::bigint[]);

-- name: save
-- Only over what was seen: $8 is that revision, 0 where there was no row. Who changed it, and what, is in the audit by
-- the same statement.
with saved as (
    insert into servers (guild_id, is_allowed, settings, granted, shut_until, shut_reason, name)
    select $1, $2, $3::text::jsonb, $4::text::jsonb, $5, $6, $7 where $8 = 0
    on conflict (guild_id) do nothing
    returning revision
),
changed as (
    update servers
    set is_allowed = $2, settings = $3::text::jsonb, granted = $4::text::jsonb, shut_until = $5, shut_reason = $6,
        name = $7, revision = revision + 1
    where guild_id = $1 and revision = $8
    returning revision
),
audited as (
    insert into audit (guild_id, member_id, change)
    select $1, $9, $10::text::jsonb from (select from saved union all select from changed) as done
    where $10 is not null
)
select revision, pg_notify('rules_changed', '') from (select * from saved union all select * from changed) as done;

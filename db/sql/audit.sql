-- Who has changed what is set from inside Discord: written with the change itself (servers.save).

-- name: of_server
-- The newest first, from before $2 on: pages by key.
select id, member_id, changed_at, change from audit
where guild_id = $1 and ($2::bigint is null or id < $2)
order by id desc
limit $3;

-- name: claim_untold
-- Of the servers in which nothing was changed within the last seconds, nor is being told by another bot.
with quiet as (
    select guild_id from audit where told_at is null
    group by guild_id
    having max(tell_at) <= now()
    order by min(id)
    limit $1
),
due as (
    select id from audit
    where told_at is null and tell_at <= now() and guild_id in (select guild_id from quiet)
    order by id
    limit $2
    for update skip locked
),
claimed as (
    update audit
    set tell_at = now() + make_interval(secs => $3)
    from due
    where audit.id = due.id
    returning audit.*
)
select id, guild_id, member_id, changed_at, change from claimed order by id;

-- name: told
update audit set told_at = now() where id = any($1::bigint[]) and told_at is null;

-- name: postpone
update audit set tell_at = now() + make_interval(secs => $2) where id = any($1::bigint[]) and told_at is null;

-- Who has changed what is set from inside Discord: written with the change itself (servers.save).

-- name: of_server
-- The newest first, from before $2 on: pages by key.
select id, member_id, changed_at, change from audit
where guild_id = $1 and ($2::bigint is null or id < $2)
order by id desc
limit $3;

-- Who may ask for nothing: in one server, or, with the server 0, anywhere. An order of theirs is refused as it is stored
-- (the function `store_order`).

-- name: lock
-- An order that is being stored for the member is waited for; the next one finds the block.
select pg_advisory_xact_lock(7263442, ($1::bigint % 2147483647)::integer);

-- name: block
insert into blocks (member_id, guild_id, reason, until, blocked_by) values ($1, $2, $3, $4, $5)
on conflict (member_id, guild_id) do update
set reason = excluded.reason, until = excluded.until, blocked_by = excluded.blocked_by, blocked_at = now();

-- name: lift
delete from blocks where member_id = $1 and guild_id = $2 returning until;

-- name: audit
insert into audit (guild_id, member_id, change) values ($1, $2, $3::text::jsonb);

-- name: of_server
-- The newest first, without those that are over.
select member_id, guild_id, reason, until, blocked_by, blocked_at from blocks
where guild_id = $1 and (until is null or until > now()) and ($3::timestamptz is null or blocked_at < $3)
order by blocked_at desc
limit $2;

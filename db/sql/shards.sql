-- Which process of the bot serves which shard.

-- name: watch
-- A process that is gone without a word, with its machine or its network, is given up after 150 seconds: Postgres
-- asks after 60 of silence, and three times more. An answer that is not taken counts likewise.
select
    set_config('tcp_keepalives_idle', '60', false),
    set_config('tcp_keepalives_interval', '30', false),
    set_config('tcp_keepalives_count', '3', false),
    set_config('tcp_user_timeout', '150000', false);

-- name: take
-- Whether all of them are free, and this session's now. If not, it may have some of them.
select bool_and(pg_try_advisory_lock($1, shard)) from unnest($2::integer[]) shard;

-- name: release
select pg_advisory_unlock_all();

-- name: confirm
-- An answer means that the session is there, and so are its locks.
select 1;

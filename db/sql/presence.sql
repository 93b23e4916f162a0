-- Which workers are there. Each holds a lock in its session that listens, which leads straight to the server: what a
-- connection is called is the pooler's business, where there is one.

-- name: announce
select pg_advisory_lock_shared($1, 0);

-- name: count
select count(*) from pg_locks
where locktype = 'advisory' and classid = $1 and granted
    and database = (select oid from pg_database where datname = current_database());

-- The ledger of the migrations that were applied.

-- name: lock
-- Asked again and again: whoever waits in it holds up an index that is built outside a transaction.
select pg_try_advisory_lock($1);

-- name: unlock
select pg_advisory_unlock($1);

-- name: create_ledger
create table if not exists migrations (
    number     integer primary key,
    name       text not null,
    -- Of the file as it was applied.
    checksum   text not null,
    applied_at timestamptz not null default now()
);

-- name: applied
select number from migrations;

-- name: checksums
select number, checksum from migrations;

-- name: lock_timeout
-- What waits for a table's lock holds up all who ask for it after, the version that is running included.
select set_config('lock_timeout', $1, false);

-- name: record
insert into migrations (number, name, checksum) values ($1, $2, $3);

-- The ledger of the migrations that were applied.

-- name: lock
select pg_advisory_lock($1);

-- name: unlock
select pg_advisory_unlock($1);

-- name: create_ledger
create table if not exists migrations (
    number     integer primary key,
    name       text not null,
    applied_at timestamptz not null default now()
);

-- name: applied
select number from migrations;

-- name: record
insert into migrations (number, name) values ($1, $2);

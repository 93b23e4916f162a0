-- What the doctor asks beside what the processes ask themselves.

-- name: notify
select pg_notify($1, '');

-- name: pause
-- The seconds until anything may be asked of Stability.
select extract(epoch from min(free_at) - now())::float8 from request_slots;

-- What the doctor asks beside what the processes ask themselves.

-- name: notify
select pg_notify($1, '');

-- What the doctor asks beside what the processes ask themselves.

-- name: notify
select pg_notify($1, '');

-- name: workers
-- Each worker asks something every few seconds, so that it always has a connection.
select count(*) from pg_stat_activity where datname = current_database() and application_name = 'tigerbrush-worker';

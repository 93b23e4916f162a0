-- What the database is to which a URL leads.

-- name: process
select pg_backend_pid();

-- name: encoding
select pg_encoding_to_char(encoding) from pg_database where datname = current_database();

-- name: identity
-- The same on a primary and its replicas, and on no other two; the server's number is not for every role to see.
select
    datname,
    oid,
    case when has_function_privilege('pg_control_system()', 'execute')
        then (select system_identifier from pg_control_system())
    end
from pg_database
where datname = current_database();

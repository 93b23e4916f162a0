-- When a process of the bot may begin a session with Discord.

-- name: reserve
-- The seconds until the caller may identify; the next one may only $2 seconds after it.
insert into identify_slots (bucket, free_at)
values ($1, now() + make_interval(secs => $2))
on conflict (bucket) do update
set free_at = greatest(identify_slots.free_at, now()) + make_interval(secs => $2)
returning extract(epoch from free_at - now())::float8 - $2;

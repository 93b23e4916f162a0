-- How often the fleet may call a provider, or begin a session with Discord.

-- name: provide
insert into rate_limit_slots (name, slot) select $1, generate_series(1, $2) on conflict (name, slot) do nothing;

-- name: take
-- The slot that is free first, from the time it is free; the seconds until then. No row: others hold all slots just
-- now. Of a slot that another took between the look and the lock, `free_at` is asked anew, but not the order: without
-- the bound it would be taken again, for a whole time later.
with first as (
    select slot from rate_limit_slots
    where name = $1 and slot <= $2
        and free_at <= greatest(now(), (select min(free_at) from rate_limit_slots where name = $1 and slot <= $2))
    order by free_at
    limit 1
    for update skip locked
)
update rate_limit_slots
set free_at = greatest(free_at, now()) + make_interval(secs => $3)
from first
where name = $1 and rate_limit_slots.slot = first.slot
returning extract(epoch from free_at - now())::float8 - $3;

-- name: reserve
-- Of a limit of one: the seconds until the caller's turn, which it has in any case; the next one's is $2 seconds
-- later.
insert into rate_limit_slots (name, slot, free_at)
values ($1, 1, now() + make_interval(secs => $2))
on conflict (name, slot) do update
set free_at = greatest(rate_limit_slots.free_at, now()) + make_interval(secs => $2)
returning extract(epoch from free_at - now())::float8 - $2;

-- name: pause
-- In one order, so that two workers which are told at the same time do not wait for each other.
with slots as (
    select slot from rate_limit_slots where name = $1 order by slot for update
)
update rate_limit_slots
set free_at = greatest(free_at, now() + make_interval(secs => $2)),
    paused_until = greatest(paused_until, now() + make_interval(secs => $2))
from slots
where name = $1 and rate_limit_slots.slot = slots.slot;

-- name: seconds_until_free
select extract(epoch from min(free_at) - now())::float8 from rate_limit_slots where name = $1;

-- How often the fleet may call Stability.

-- name: provide
insert into request_slots (slot) select generate_series(1, $1) on conflict (slot) do nothing;

-- name: take
-- The slot that is free first, from the time it is free; the seconds until then. No row: others hold all slots just now.
-- Of a slot that another took between the look and the lock, `free_at` is asked anew, but not the order: without the
-- bound it would be taken again, for a whole time later.
with first as (
    select slot from request_slots
    where slot <= $1
        and free_at <= greatest(now(), (select min(free_at) from request_slots where slot <= $1))
    order by free_at
    limit 1
    for update skip locked
)
update request_slots
set free_at = greatest(free_at, now()) + make_interval(secs => $2)
from first
where request_slots.slot = first.slot
returning extract(epoch from free_at - now())::float8 - $2;

-- name: pause
-- In one order, so that two workers which are told at the same time do not wait for each other.
with slots as (
    select slot from request_slots order by slot for update
)
update request_slots
set free_at = greatest(free_at, now() + make_interval(secs => $1)),
    asked_until = greatest(asked_until, now() + make_interval(secs => $1))
from slots
where request_slots.slot = slots.slot;

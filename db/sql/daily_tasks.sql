-- What is done once a day for the whole fleet.

-- name: begin
-- Of several workers, one does it, and the others find that it was done lately.
insert into daily_tasks (name)
values ($1)
on conflict (name) do update set done_at = now()
where daily_tasks.done_at <= now() - make_interval(secs => $2)
returning true;

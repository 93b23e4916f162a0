-- Members can have a picture, or all that is theirs, deleted. What was asked for leaves the row at once (`erased_at`),
-- the row remains as the bill, and the objects in the bucket follow: whoever finds `objects_due_at` passed removes them.

alter table jobs add column objects_due_at timestamptz;

create index jobs_objects_due on jobs (objects_due_at) where objects_due_at is not null;

create or replace function announce_job() returns trigger language plpgsql as $$
begin
    perform pg_notify('job_changed', '');
    if new.state = 'queued' then
        perform pg_notify('job_queued', '');
    elsif new.objects_due_at is not null then
        perform pg_notify('job_erased', '');
    elsif new.state = 'cancelled' then
        perform pg_notify('job_cancelled', '');
    end if;
    return null;
end
$$;

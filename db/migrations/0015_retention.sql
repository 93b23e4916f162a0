-- The owner can have originals removed after some days. Such a picture keeps its row, its preview and its place in the
-- gallery; `expired_at` says that its original is gone, or going. The version before this one never sets it, and of a
-- picture that is expired meanwhile it makes links that no longer open once the original has gone.

alter table jobs add column expired_at timestamptz;

-- What is next to expire is the start of it.
create index jobs_kept on jobs (finished_at) where state = 'done' and erased_at is null and expired_at is null;

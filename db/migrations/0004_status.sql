-- What a member who waits is told: the place in line, kept true as the line moves, and when the picture is likely done.

alter table jobs
    -- The place in line that the reply shows, null where it shows none.
    add column shown_place integer;

-- The newest pictures of a model tell how long the next one takes; both times are in the index.
create index jobs_durations on jobs (model, finished_at) include (started_at) where state = 'done';
-- What a member has in line and at work.
create index jobs_open on jobs (member_id) where state in ('queued', 'running');

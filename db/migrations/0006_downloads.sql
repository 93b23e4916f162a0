-- Which picture was last sent to whom, so that a member who reacts twice is not sent it twice.

create table downloads (
    member_id bigint not null,
    job_id    bigint not null references jobs (id),
    sent_at   timestamptz not null default now(),
    primary key (member_id, job_id)
);
-- Deleting a picture takes everybody's downloads of it away.
create index downloads_job on downloads (job_id);

-- The queue, the gallery and the record of every reply are one table: a job is all three in the course of its life.
-- The states and who may move a job between them are drawn in docs/ARCHITECTURE.md.

create table jobs (
    id               bigint generated always as identity primary key,
    -- Names the job's objects in the bucket, where a countable id would tell how many there are and whose come next.
    key              uuid not null default gen_random_uuid(),
    state            text not null default 'queued',
    created_at       timestamptz not null default now(),

    -- What was asked for. A seed of null leaves the choice to Stability.
    prompt           text not null,
    width            integer not null,
    height           integer not null,
    model            text not null,
    seed             bigint,

    -- For whom, and where.
    member_id        bigint not null,
    guild_id         bigint,
    channel_id       bigint not null,

    -- The queue. `attempt` counts claims and fences workers; `faults` counts the attempts that are held against the job.
    turn             bigint not null,
    run_after        timestamptz not null default now(),
    attempt          integer not null default 0,
    faults           integer not null default 0,
    worker           text,
    lease_until      timestamptz,
    started_at       timestamptz,

    -- How it ended.
    finished_at      timestamptz,
    painted_seed     bigint,
    original_bytes   bigint,
    failure          text,
    failure_detail   text,

    -- The reply. The token is kept only as long as it is of use.
    interaction_id   bigint not null unique,
    application_id   bigint not null,
    token            text,
    token_expires_at timestamptz not null,
    message_id       bigint,
    revision         integer not null default 1,
    shown_revision   integer not null default 0,
    reply_due_at     timestamptz not null,
    reply_faults     integer not null default 0,
    reply_failure    text,

    constraint jobs_state_known check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
    constraint jobs_lease_while_running check ((state = 'running') = (lease_until is not null)),
    constraint jobs_finished_at_the_end check ((state in ('done', 'failed', 'cancelled')) = (finished_at is not null)),
    constraint jobs_failure_when_failed check ((state = 'failed') = (failure is not null))
);

-- The claim reads this index from its start: members in turn, and within a turn first come, first served.
create index jobs_queue on jobs (turn, id) where state = 'queued';
-- The turn of a new job: the newest turn of all, and the newest of its member.
create index jobs_turn on jobs (turn);
create index jobs_member_turn on jobs (member_id, turn);
-- The reaper looks for leases that ran out, the keeper for replies that are behind.
create index jobs_leases on jobs (lease_until) where state = 'running';
create index jobs_replies on jobs (reply_due_at) where shown_revision < revision;

-- Rows of the queue die young, so they are cleared away long before a fifth of the table is dead.
alter table jobs set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- Whoever waits for a change is woken when it is committed. The payload is empty on purpose: waking says only
-- "look again", so many changes in one transaction are one notification, and a lost one costs no more than a poll.
create function announce_job() returns trigger language plpgsql as $$
begin
    perform pg_notify('job_changed', '');
    if new.state = 'queued' then
        perform pg_notify('job_queued', '');
    elsif new.state = 'cancelled' then
        perform pg_notify('job_cancelled', '');
    end if;
    return null;
end
$$;

create trigger announce_new_job after insert on jobs
    for each row execute function announce_job();
create trigger announce_changed_job after update of revision on jobs
    for each row when (new.revision > old.revision) execute function announce_job();

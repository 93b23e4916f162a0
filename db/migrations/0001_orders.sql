-- What members ask for, the jobs that it takes, and the messages that show it. What each state means, and who may
-- move a job between them, is drawn in docs/ARCHITECTURE.md.

create table orders (
    id                bigint generated always as identity primary key,
    -- Names the objects in the bucket, where a countable id would tell how many there are and whose come next. What
    -- is found in the bucket is looked up by it.
    key               uuid not null unique default gen_random_uuid(),
    created_at        timestamptz not null default now(),
    -- One interaction is one order, however often it comes.
    interaction_id    bigint not null unique,

    -- For whom, and where. 0 is a member who is forgotten.
    member_id         bigint not null,
    guild_id          bigint,
    channel_id        bigint not null,
    -- The channel that a public thread is part of: who sees that sees the thread's pictures too, also when the thread
    -- is archived and nobody knows it any more. Null where it was no thread, or a private one.
    parent_channel_id bigint,
    -- In which language the member reads Discord, as Discord names it.
    locale            text not null,

    -- What of. The parameters are the operation's, by name; the inputs are the pictures that it is made from.
    operation         text not null,
    model             text not null,
    prompt            text not null,
    params            jsonb not null default '{}',
    inputs            bigint[] not null default '{}',
    count             smallint not null default 1,
    -- A private picture is shown to its member alone; a spoiler is covered until it is clicked.
    private           boolean not null default false,
    spoiler           boolean not null default false,

    -- The trace that it is part of (W3C Trace Context); null where traces are switched off.
    traceparent       text,
    -- When all of it was deleted. The row remains, as its jobs are the bill.
    erased_at         timestamptz,

    constraint orders_count check (count between 1 and 15)
);

-- A member's newest prompts are proposed to them (pictures.suggestions), and all are found when the member is to be
-- forgotten (erasure.orders_of).
create index orders_of_member on orders (member_id, id) where member_id <> 0;

-- What is true of a job in each state. A function, as Postgres reads the text of a constraint anew for each
-- statement, which for these took longer than to store the row.
create function is_sound_job(
    id bigint, order_id bigint, state text, has_lease boolean, is_finished boolean, has_failure boolean
)
returns boolean language plpgsql immutable parallel safe as $$
begin
    return id between order_id * 16 + 1 and order_id * 16 + 15
        and state in ('queued', 'running', 'done', 'failed', 'cancelled')
        and has_lease = (state = 'running')
        and is_finished = (state in ('done', 'failed', 'cancelled'))
        and has_failure = (state = 'failed');
end
$$;

-- One call's worth of work. The row is narrow and has few indexes, as it is written three times in its short life.
create table jobs (
    -- The order's id times 16, plus the job's number from 1: an order's jobs are a range of the primary key.
    id             bigint primary key,
    -- No foreign key, here and in replies and pictures: what has been ordered is never removed, and the check of each
    -- would lock and write the order's row once more.
    order_id       bigint not null,
    member_id      bigint not null,
    provider       text not null,
    -- What one call costs, in credits. It is reserved while the job is open.
    price          numeric not null,

    turn           bigint not null,
    run_after      timestamptz not null default now(),
    -- When the provider last refused it for what is not about the job.
    refused_at     timestamptz,

    -- In which limits it is counted (see 0003): of which month, of whom and of which server.
    month          date not null,
    holder         bytea not null,
    guild_id       bigint not null,

    -- What a claim and the end of an attempt change stands together: that alone is logged.
    state          text not null default 'queued',
    -- `attempt` counts claims and fences workers; `faults` counts the attempts that are held against the job.
    attempt        integer not null default 0,
    faults         integer not null default 0,
    worker         text,
    lease_until    timestamptz,
    started_at     timestamptz,
    finished_at    timestamptz,
    failure        text,
    failure_detail text,

    constraint jobs_sound check (
        is_sound_job(id, order_id, state, lease_until is not null, finished_at is not null, failure is not null)
    )
);

-- The claim reads it from its start (queue.claim): members in turn, and within a turn first come, first served.
create index jobs_queue on jobs (turn, id) where state = 'queued';
-- What a member has in line and at work (orders.open_of), and the last turn of it (the function `store_order`).
create index jobs_open on jobs (member_id, turn) where state in ('queued', 'running');
-- Leases that ran out are looked for among those at work (queue.reclaim_expired). `lease_until` is no part of it: a
-- heartbeat writes no index.
create index jobs_running on jobs (id) where state = 'running';
-- When a month is over, what forgotten members asked for in it is no longer known as one member's
-- (ledger.forget_holders).
create index jobs_forgotten on jobs (month) where member_id = 0 and holder <> '';

-- Rows of the queue die young, so they are cleared away long before a fifth of the table is dead.
alter table jobs set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- One an order: what its message shows, and where that is.
create table replies (
    order_id          bigint primary key,
    application_id    bigint not null,
    -- Kept only as long as it is of use.
    token             text,
    token_expires_at  timestamptz not null,
    message_id        bigint,
    -- Elsewhere than the order's channel where it had to come by direct message. Null: there, or not known yet.
    channel_id        bigint,
    -- Whether nothing but its token finds it: a private one in a server.
    ephemeral         boolean not null,

    -- Each visible change raises `revision`. One that is not worth another try, or can never be shown, is given up,
    -- and `failure` says why.
    revision          integer not null default 1,
    shown_revision    integer not null default 0,
    given_up_revision integer not null default 0,
    -- When it may next be worked on, if it is behind; else when it was last edited.
    due_at            timestamptz not null,
    failure           text,

    -- What it tells that changes by itself: the place in line, the alarm that pauses it, and a time that will be
    -- over.
    shown_place       integer,
    shown_pause       text,
    estimate_over_at  timestamptz
);

-- The reconciler looks for what is behind (replies.claim_due): never much, as it is what is being shown. When it is
-- due is no part of it, so that to claim a reply writes no index.
create index replies_behind on replies (order_id) where shown_revision < revision and given_up_revision < revision;
-- A reaction names the message (pictures.by_message), and is of interest where there is a picture: from the third
-- revision on, as the second is that a job was begun.
create index replies_message on replies (message_id) where revision > 2;
-- The reconciler looks for times that are over (replies.claim_over).
create index replies_estimates on replies (estimate_over_at) where estimate_over_at is not null;

-- Room on each page for the versions that a reply has while it is shown: where they fit, no index is written.
alter table replies set (
    fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0
);

-- Whoever waits for a change is woken when it is committed. The payload is empty on purpose: waking says only "look
-- again", so many changes in one transaction are one notification, and a lost one costs no more than a poll.
create function announce() returns trigger language plpgsql as $$
begin
    perform pg_notify(tg_argv[0], '');
    return null;
end
$$;

create trigger announce_queued after update of state on jobs
    for each row when (new.state = 'queued') execute function announce('job_queued');
create trigger announce_cancelled after update of state on jobs
    for each row when (new.state = 'cancelled') execute function announce('job_cancelled');
create trigger announce_behind after update of revision on replies
    for each row when (new.revision > old.revision) execute function announce('reply_due');

-- The order as each reader of a job needs it.
create view order_jobs as
select
    jobs.id, jobs.order_id, jobs.state, jobs.provider, jobs.price, jobs.turn, jobs.attempt, jobs.faults,
    jobs.started_at, jobs.finished_at, jobs.failure,
    orders.key, orders.created_at, orders.member_id, orders.guild_id, orders.channel_id, orders.parent_channel_id,
    orders.locale, orders.operation, orders.model, orders.prompt, orders.params, orders.inputs, orders.count,
    orders.private, orders.spoiler, orders.traceparent, orders.erased_at
from jobs join orders on orders.id = jobs.order_id;

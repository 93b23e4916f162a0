-- Pictures are made from pictures that members hand in, and by providers that answer later.

-- What a member handed in, for as long as an order that is made from it is there. The id is below 0: in orders.inputs
-- it stands beside the ids of pictures.
create table uploads (
    id         bigint generated always as identity (increment by -1 minvalue -9223372036854775808 maxvalue -1 start with -1) primary key,
    -- Names the object in the bucket.
    key        uuid not null unique default gen_random_uuid(),
    -- 0 where it is erased.
    member_id  bigint not null,
    created_at timestamptz not null default now(),
    -- Where Discord has it for about a day; null once the bucket has it, or it is erased.
    url        text,
    width      integer not null,
    height     integer not null,
    bytes      integer not null,
    erased_at  timestamptz
);
-- Forgetting a member erases what they handed in (erasure.uploads_of).
create index uploads_of_member on uploads (member_id) where erased_at is null;
-- What nothing was made from is erased after some days (uploads.erase_unused).
create index uploads_unused on uploads (created_at) where url is not null;

-- Whether an order still needs what was handed in (erasure.uploads, uploads.erase_unused).
create index orders_inputs on orders using gin (inputs) where inputs <> '{}' and erased_at is null;

-- What the provider calls the generation that an attempt has begun there, where its answer comes later. While it is
-- set and no worker asks after it, `worker` is null and `lease_until` is when the next one may. They are few, and found
-- among those at work: an index of their own would be written by every heartbeat, or hold nothing that those do not.
alter table jobs
    add column generation text,
    add constraint jobs_begun check (generation is null or state = 'running');
-- To hold the provider's bill against, beside `request_id`.
alter table calls add column generation text;

create or replace view order_jobs as
select
    jobs.id, jobs.order_id, jobs.state, jobs.provider, jobs.price, jobs.turn, jobs.attempt, jobs.faults,
    jobs.started_at, jobs.finished_at, jobs.failure,
    orders.key, orders.created_at, orders.member_id, orders.guild_id, orders.channel_id, orders.parent_channel_id,
    orders.locale, orders.operation, orders.model, orders.prompt, orders.params, orders.inputs, orders.count,
    orders.private, orders.spoiler, orders.traceparent, orders.erased_at,
    jobs.generation
from jobs join orders on orders.id = jobs.order_id;

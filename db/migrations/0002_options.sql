-- What else a member may ask for than words and a size, and what it costs.
-- Every column has a default, so the version before this one goes on inserting without them.

alter table jobs
    -- A picture is made of words, or of another picture: then `parent_id` names that one.
    add column kind            text not null default 'imagine',
    add column parent_id       bigint references jobs (id),
    add column negative_prompt text,
    add column style           text,
    -- A private picture is shown to its member alone; a spoiler is covered until it is clicked.
    add column private         boolean not null default false,
    add column spoiler         boolean not null default false,
    -- In which language the member reads Discord, as Discord names it.
    add column locale          text not null default 'en-US',
    -- Stability's price: reserved when the job is stored, and 0 as soon as it is known that nothing is charged.
    add column credits         numeric not null default 0,
    add constraint jobs_kind_known check (kind in ('imagine', 'upscale')),
    add constraint jobs_parent_of_an_upscale check ((kind = 'upscale') = (parent_id is not null)),
    add constraint jobs_credits check (credits >= 0 and (state <> 'cancelled' or credits = 0));

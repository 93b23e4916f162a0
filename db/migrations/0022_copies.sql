-- Where the bot showed pictures beside their replies: shared pages of the gallery, downloads by direct message, and
-- replies that had to move elsewhere. When one of the pictures is deleted, the message goes with it.

create table copies (
    message_id bigint primary key,
    channel_id bigint not null,
    -- For whom it was posted; null once that member is forgotten.
    member_id  bigint,
    job_ids    bigint[] not null,
    posted_at  timestamptz not null default now(),
    -- When the bot may next try to remove it, and since when that is due; null while it may stay.
    due_at     timestamptz,
    due_since  timestamptz,
    constraint copies_due check ((due_at is null) = (due_since is null))
);
create index copies_of_jobs on copies using gin (job_ids);
create index copies_of_member on copies (member_id) where member_id is not null;
create index copies_due on copies (due_at) where due_at is not null;

-- A reply that could not be edited any more goes out anew elsewhere, and the row of its job keeps only the new place.
create function keep_old_place() returns trigger language plpgsql as $$
begin
    insert into copies (message_id, channel_id, member_id, job_ids)
    values (old.message_id, coalesce(old.reply_channel_id, old.channel_id), old.member_id, array[old.id])
    on conflict (message_id) do nothing;
    return null;
end
$$;

create trigger keep_old_place after update of message_id on jobs
    for each row when (new.message_id <> old.message_id) execute function keep_old_place();

-- The channel of a direct message is its member's own: a row that has forgotten whose it is forgets that as well, as
-- soon as its reply is removed.
create function forget_place() returns trigger language plpgsql as $$
begin
    update jobs
    set channel_id = case when guild_id is null then 0 else channel_id end,
        reply_channel_id = null,
        message_id = null
    where id = new.id;
    return null;
end
$$;

create trigger forget_place after update of member_id, shown_revision on jobs
    for each row
    when (
        new.member_id = 0 and new.shown_revision >= new.revision
        and (new.message_id is not null or new.reply_channel_id is not null or (new.guild_id is null and new.channel_id <> 0))
    )
    execute function forget_place();

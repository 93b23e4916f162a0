-- A reply that had to move elsewhere leaves what is true no more where it was, and nobody is to wait before a spinner:
-- its old place is due at once. The bot is told of whatever falls due, whoever has it removed.

create or replace function keep_old_place() returns trigger language plpgsql as $$
begin
    -- Two bots that showed the same may record it in turn: where the reply is now is not to go.
    delete from copies where message_id = new.message_id;
    -- Nothing but its token finds a private reply in a server, and the token is what did not lead there any more.
    if old.private and old.guild_id is not null and coalesce(old.reply_channel_id, old.channel_id) = old.channel_id then
        return null;
    end if;
    insert into copies (message_id, channel_id, member_id, job_ids, due_at, due_since)
    values (
        old.message_id, coalesce(old.reply_channel_id, old.channel_id), old.member_id, array[old.id], now(), now()
    )
    on conflict (message_id) do update set due_at = now(), due_since = now() where copies.due_at is null;
    return null;
end
$$;

create function announce_copy() returns trigger language plpgsql as $$
begin
    perform pg_notify('copy_due', '');
    return null;
end
$$;

create trigger announce_copy after insert or update of due_at on copies
    for each row when (new.due_at <= now()) execute function announce_copy();

-- What the owner of the bot has to mend, until it is mended.

-- name: sound
insert into alarms (kind, detail) values ($1, $2) on conflict (kind) do nothing;

-- name: silence
delete from alarms where kind = any($1::text[]);

-- name: claim_untold
-- Of several bots at once, each alarm is one's to tell.
update alarms
set told_at = now()
where told_at is null
returning kind, detail, raised_at;

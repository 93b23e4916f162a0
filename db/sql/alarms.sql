-- What the owner of the bot has to mend, until it is mended.

-- name: sound
-- With $3, nothing is claimed any more but one job every so many seconds.
insert into alarms (kind, detail, probe_at)
values ($1, $2, now() + make_interval(secs => $3))
on conflict (kind) do nothing;

-- name: silence
delete from alarms where kind = any($1::text[]) and ($2::timestamptz is null or raised_at < $2);

-- name: open
select kind, detail, raised_at from alarms order by raised_at;

-- name: claim_untold
-- Of several bots at once, each alarm is one's to tell.
update alarms
set told_at = now()
where told_at is null
returning kind, detail, raised_at;

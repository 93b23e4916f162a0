-- What the owner of the bot has to mend, until it is mended.

-- name: sound
-- With $3, what costs $4 or more (all of it where that is null) is claimed no more but one job every so many seconds.
-- One that sounds already is told no second time, but may come to concern cheaper jobs too; what was begun before says
-- nothing against that.
insert into alarms (kind, detail, probe_at, price)
values ($1, $2, now() + make_interval(secs => $3), $4)
on conflict (kind) do update
set price = excluded.price,
    raised_at = now()
where alarms.price > excluded.price;

-- name: silence
-- Of what concerns a price, a picture that cost as much shows that it is over.
delete from alarms
where kind = any($1::text[])
    and ($2::timestamptz is null or raised_at < $2)
    and ($3::numeric is null or coalesce(price, 0) <= $3);

-- name: due
-- What somebody may try now, whether it is over.
select kind from alarms where probe_at <= now();

-- name: postpone
-- It was tried and is not over. The longer it has been so, the longer until the next try: $2 seconds at first, $3 at
-- the most.
update alarms
set probe_at = now() + make_interval(
    secs => least($3::float8, greatest($2::float8, extract(epoch from now() - raised_at)))
)
where kind = $1 and probe_at <= now();

-- name: open
select kind, detail, raised_at, price from alarms order by raised_at;

-- name: claim_untold
-- Of several bots at once, each alarm is one's to tell.
update alarms
set told_at = now()
where told_at is null
returning kind, detail, raised_at, price;

-- name: not_told
update alarms set told_at = null where kind = $1;

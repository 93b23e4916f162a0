-- What the owner of the bot has to mend, until it is mended.

-- name: raise
-- With $5, what the provider $2 does for $6 credits or more (all of it where that is null) is claimed no more but one
-- job every so many seconds. One that sounds already is told no second time, but may come to concern cheaper jobs
-- too; what was begun before says nothing against that.
insert into alarms (kind, provider, model, detail, probe_at, price)
values ($1, $2, $3, $4, now() + make_interval(secs => $5), $6)
on conflict (kind, provider, model) do update
set price = excluded.price,
    raised_at = now()
where coalesce(alarms.price, 0) > coalesce(excluded.price, 0);

-- name: resolve
-- Those that concern all of the provider's models, and those of this one ($3). Of what concerns a price, a picture
-- that cost as much shows that it is over.
-- The owner learns that it is over who has learnt of it, or does at this moment.
with ended as (
    delete from alarms
    where kind = any($1::text[]) and provider = $2 and model in ('', $3)
        and ($4::timestamptz is null or raised_at < $4)
        and ($5::numeric is null or coalesce(price, 0) <= $5)
    returning *
)
insert into ended_alarms (kind, provider, model, detail, raised_at, price)
select kind, provider, model, detail, raised_at, price from ended
where told_at is not null or tell_at > now();

-- name: due
-- What somebody may try now, whether it is over.
select kind as code from alarms where provider = $1 and probe_at <= now();

-- name: postpone
-- It was tried and is not over. The longer it has been so, the longer until the next try: $3 seconds at first, $4 at
-- the most.
update alarms
set probe_at = now() + make_interval(
    secs => least($4::float8, greatest($3::float8, extract(epoch from now() - raised_at)))
)
where kind = $1 and provider = $2 and probe_at <= now();

-- name: open
select kind as code, provider, model, detail, raised_at, price from alarms order by raised_at;

-- name: claim_untold
-- Of several bots at once, each alarm is one's to tell; another is given it only if this one does not come back.
update alarms
set tell_at = now() + make_interval(secs => $1)
where told_at is null and tell_at <= now()
returning kind as code, provider, model, detail, raised_at, price;

-- name: told
update alarms set told_at = now() where kind = $1 and provider = $2 and model = $3;

-- name: claim_ended
-- As claim_untold.
update ended_alarms
set tell_at = now() + make_interval(secs => $1)
where tell_at <= now()
returning id, kind as code, provider, model, detail, raised_at, price, ended_at;

-- name: end_told
delete from ended_alarms where id = $1;

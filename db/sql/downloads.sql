-- Which picture was last sent to whom.

-- name: begin
-- Of several at once, the row lets one through; the others find its time too near.
insert into downloads (member_id, picture_id)
values ($1, $2)
on conflict (member_id, picture_id) do update set sent_at = now()
where downloads.sent_at <= now() - make_interval(secs => $3)
returning true;

-- name: take_back
delete from downloads where member_id = $1 and picture_id = $2 returning true;

-- name: trim
delete from downloads where sent_at < now() - make_interval(secs => $1);

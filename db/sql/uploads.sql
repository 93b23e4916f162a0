-- What members hand in, to have a picture made from it.

-- name: add
insert into uploads (member_id, url, width, height, bytes) values ($1, $2, $3, $4, $5)
returning id, key, member_id, width, height, bytes, url;

-- name: find
select id, key, member_id, width, height, bytes, url from uploads where id = $1 and erased_at is null;

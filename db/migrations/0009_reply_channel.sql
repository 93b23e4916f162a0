-- Where the reply is. It is elsewhere than the command where the picture had to come by direct message, and it has to
-- be found there again when it is deleted. Null: in the command's channel, or not known yet.

alter table jobs add column reply_channel_id bigint;

-- The channel that a public thread is part of: who sees that sees the thread's pictures too, also when the thread is
-- archived and nobody knows it any more. Null where the command was used in no thread, in a private one, whose pictures
-- are for those who are in it, or before this column was there.

alter table jobs add column parent_channel_id bigint;

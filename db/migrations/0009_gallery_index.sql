-- Outside a transaction, as nobody is to wait while it is built; what was left half built is dropped first.
drop index concurrently if exists pictures_chosen;
-- One member's pictures, newest first, with all by which some of them are chosen: looking for those and counting them
-- reads this alone (pictures.older, pictures.newer, pictures.count).
create index concurrently pictures_chosen on pictures (member_id, id)
    include (private, channel_id, parent_channel_id, guild_id, model, operation, width, height, created_at)
    where erased_at is null;
-- What it takes the place of.
drop index concurrently if exists pictures_gallery;

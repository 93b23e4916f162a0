-- The gallery: pages of pictures, search by the words of their prompts, favourites, and the picture behind a message.
-- Adding the column `words` rewrites the table, which holds up both processes for about a second in 100,000 rows;
-- the version before this one goes on working with it afterwards.

-- A prompt as the search sees it: without case, accents and punctuation, so that a word is a word wherever it stands.
create function searchable(prompt text) returns text
language sql immutable parallel safe
return lower(regexp_replace(
    regexp_replace(normalize(prompt, NFKD), '[\u0300-\u036f]+', '', 'g'),
    '[!-/:-@\[-`{-~]+', ' ', 'g'
));

-- What a member typed, as a query for prompts that have a word beginning with each of its words. No punctuation is
-- left in it that could be an operator. Null where nothing is left at all.
create function prompt_query(typed text) returns tsquery
language sql immutable parallel safe
return nullif(
    to_tsquery('simple', regexp_replace(nullif(trim(searchable(typed)), ''), '\s+', ':* & ', 'g') || ':*'),
    ''
);

alter table jobs
    add column words tsvector not null generated always as (to_tsvector('simple', searchable(prompt))) stored,
    -- When the member had the picture deleted. The row remains as the bill, without what was asked for.
    add column erased_at timestamptz;

-- One member's pictures, newest first; a page is a range of it. A search reads the same range and compares the words,
-- a twentieth of a second for 100,000 pictures of one member. A GIN index on the words would be written at each change
-- of a row and was hardly ever chosen: a page is full before the planner expects the index to pay.
create index jobs_gallery on jobs (member_id, id) where state = 'done' and erased_at is null;
-- A reaction names the message.
create index jobs_message on jobs (message_id) where message_id is not null;

-- The pictures that members marked for themselves. The key is in the order of the pages.
create table favourites (
    member_id  bigint not null,
    job_id     bigint not null references jobs (id),
    created_at timestamptz not null default now(),
    primary key (member_id, job_id)
);
-- Deleting a picture takes everybody's marks of it away.
create index favourites_job on favourites (job_id);

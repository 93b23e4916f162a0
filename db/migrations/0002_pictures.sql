-- What came of the jobs: the gallery, its search by words, and what members do with pictures.

-- By which rules letters are compared. In a database whose locale is C, as some images and providers create it,
-- `lower` knows the letters of English alone, and a search for лиса does not find ЛИСА. There the server's own rules
-- are named: Postgres's from version 17 on, or ICU's.
do $$
declare
    rules text;
begin
    if lower('Л') <> 'л' then
        select quote_ident(collname) into rules
        from pg_collation
        where collnamespace = 'pg_catalog'::regnamespace
            and collname in ('pg_c_utf8', 'und-x-icu', 'unicode', 'C.utf8', 'en_US.utf8')
            and collencoding in (-1, pg_char_to_encoding('UTF8'))
        order by array_position(array['pg_c_utf8', 'und-x-icu', 'unicode', 'C.utf8', 'en_US.utf8'], collname::text)
        limit 1;
        if rules is null then
            raise warning
                'this server knows no letters but those of English: searches see a difference in the case of others';
        end if;
    end if;
    -- A text as the search sees it: without case, accents and punctuation.
    execute format(
        $function$
            create function searchable(prompt text) returns text
            language sql immutable parallel safe
            return lower(regexp_replace(
                regexp_replace(normalize(prompt, NFKD), '[\u0300-\u036f]+', '', 'g'),
                '[!-/:-@\[-`{-~]+', ' ', 'g'
            ) collate %s)
        $function$,
        coalesce(rules, 'pg_catalog."default"')
    );
end
$$;

-- A text that was made searchable with plain spaces between its words. Marks of a form alone are no part of it.
create function search_spaced(searchable text) returns text
language sql immutable parallel safe
return regexp_replace(
    regexp_replace(searchable, '[\u200b-\u200d\ufe0e\ufe0f]+', '', 'g'),
    '[\u0001-\u0020\u007f-\u00a1\u00ab\u00b7\u00bb\u00bf\u2000-\u206f'
    '\u3000-\u3003\u3008-\u3011\u3014-\u301f]+', ' ', 'g'
);

-- Its units, with a space between any two: what no space separates in Thai, Lao, Burmese, Khmer, Chinese and
-- Japanese, and emoji and other signs.
create function search_units(spaced text) returns text
language sql immutable parallel safe
return trim(regexp_replace(
    regexp_replace(
        spaced,
        '([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2100-\u2bff\u3005-\u3007\u3040-\u312f\u31f0-\u31ff\u3400-\u4dbf'
        '\u4e00-\u9fff\U0001f000-\U0001faff\U00020000-\U0003ffff])',
        ' \1 ', 'g'
    ),
    ' +', ' ', 'g'
));

-- What stands before each word in a tsvector or a tsquery: whose it is, in five letters. So one look into the index
-- finds one member's pictures, and what others asked for costs nothing. That two members have the same is rare, and
-- then one finds pictures of the other that are left out again, as a page is of one member.
create function search_owner(member bigint) returns text
language sql immutable parallel safe
return left(encode(sha256(int8send(member)), 'base64'), 5);

-- A word as it stands there, whatever is in it; of one that is too long, the beginning.
create function search_lexeme(word text, member bigint) returns text
language sql immutable parallel safe
return '''' || search_owner(member) || replace(replace(left(word, 250), '\', '\\'), '''', '''''') || '''';

create function search_words_of_any(prompt text, member bigint) returns tsvector
language sql immutable parallel safe
return (
    select coalesce(string_agg(search_lexeme(word, member) || ':' || least(n, 16383), ' '), '')::tsvector
    from string_to_table(search_units(search_spaced(searchable(prompt))), ' ') with ordinality as units (word, n)
    where word <> ''
);

-- Nearly all prompts have nothing but letters of English in them. There each word is a unit, of which nobody asks
-- where it stands, and neither quotes nor backslashes are left; that is five times as quick.
create function search_words(prompt text, member bigint) returns tsvector
language sql immutable parallel safe
return case
    when prompt ~ '^[\u0001-\u007f]*$' then
        regexp_replace(
            searchable(prompt), '[^\u0001-\u0020\u007f]+',
            '''' || search_owner(member) || '\&''', 'g'
        )::tsvector
    else search_words_of_any(prompt, member)
end;

-- What a member typed: each of its words has to begin one of the prompt's; units without a space between them have to
-- follow one another. Null where nothing was typed, and a query that finds nothing where nothing of it is a word.
-- Of words with fewer letters than `letters_min`, only those remain beside which nothing longer was typed.
create function prompt_query(typed text, member bigint, letters_min integer) returns tsquery
language sql immutable parallel safe
return case when trim(typed) <> '' then (
    select coalesce(string_agg(phrase, ' & ') filter (where is_long or not any_long), '')::tsquery
    from (
        select phrase, is_long, bool_or(is_long) over () as any_long
        from string_to_table(search_spaced(searchable(typed)), ' ') as term
        cross join lateral (
            select
                string_agg(search_lexeme(word, member) || ':*', ' <-> ' order by n) as phrase,
                octet_length(string_agg(word, '')) >= letters_min as is_long
            from string_to_table(search_units(term), ' ') with ordinality as units (word, n)
            where word <> ''
        ) as phrases
        where phrase is not null
    ) as terms
) end;

-- Written once, at the end of a job, and changed only when it is deleted or expires. Its id is the job's.
create table pictures (
    id                bigint primary key,
    order_id          bigint not null,
    -- Names the objects of the attempt that brought it.
    attempt           integer not null,
    created_at        timestamptz not null default now(),
    seconds           real not null,

    -- For whom and where, as in the order: the gallery is searched by it.
    member_id         bigint not null,
    guild_id          bigint,
    channel_id        bigint not null,
    parent_channel_id bigint,
    private           boolean not null,
    model             text not null,

    width             integer not null,
    height            integer not null,
    seed              bigint,
    bytes             integer not null,
    words             tsvector not null,

    -- Its original is gone, or going; the preview is still there.
    expired_at        timestamptz,
    -- It was deleted. The row remains, so that nobody's page breaks; it has nothing of what was asked for.
    erased_at         timestamptz
);

-- One member's pictures, newest first: a page is a range of it (pictures.older, pictures.newer).
create index pictures_gallery on pictures (member_id, id) where erased_at is null;
-- A search that finds little reads no more than it finds (pictures.matching). What was added lately is searched one
-- by one, so there is not to be much of it.
create index pictures_words on pictures using gin (words) with (gin_pending_list_limit = 256);
-- The newest pictures of a model tell how long the next one takes (orders.estimates).
create index pictures_durations on pictures (model, created_at) include (seconds);
-- What is next to expire is the start of it (retention.expire).
create index pictures_kept on pictures (created_at) where erased_at is null and expired_at is null;

-- Paid pictures that the bucket did not take, until a worker has uploaded them.
create table spill (
    picture_id bigint primary key references pictures (id),
    original   bytea not null,
    preview    bytea not null,
    spilled_at timestamptz not null default now(),
    -- When a worker may next try to upload it; later while one does.
    upload_at  timestamptz not null default now()
);
-- Pictures are compressed already; and the size of what is stored so is known without reading it.
alter table spill alter column original set storage external, alter column preview set storage external;

create view order_pictures as
select
    pictures.id, pictures.order_id, pictures.attempt, pictures.created_at as painted_at, pictures.seconds,
    pictures.width, pictures.height, pictures.seed, pictures.bytes, pictures.words, pictures.expired_at,
    pictures.erased_at as deleted_at, pictures.member_id, pictures.guild_id, pictures.channel_id,
    pictures.parent_channel_id, pictures.private,
    exists (select from spill where spill.picture_id = pictures.id) as is_spilled,
    orders.key, orders.created_at, orders.locale, orders.operation, orders.model, orders.prompt, orders.params,
    orders.inputs, orders.count, orders.spoiler, orders.traceparent, orders.erased_at
from pictures join orders on orders.id = pictures.order_id;

-- The pictures that members marked for themselves. The key is in the order of the pages.
create table favourites (
    member_id  bigint not null,
    picture_id bigint not null references pictures (id),
    created_at timestamptz not null default now(),
    -- The picture's, as they are found by who marked it.
    words      tsvector not null,
    primary key (member_id, picture_id)
);
-- A search that finds little reads no more than it finds (pictures.matching_favourites).
create index favourites_words on favourites using gin (words) with (gin_pending_list_limit = 256);
-- Deleting a picture takes everybody's marks of it away (erasure.favourites).
create index favourites_of_picture on favourites (picture_id);

-- Which picture was last sent to whom, so that a member who reacts twice is not sent it twice.
create table downloads (
    member_id  bigint not null,
    picture_id bigint not null references pictures (id),
    sent_at    timestamptz not null default now(),
    primary key (member_id, picture_id)
);
-- Deleting a picture takes everybody's downloads of it away (erasure.downloads).
create index downloads_of_picture on downloads (picture_id);

-- Where the bot showed pictures beside their replies: shared pages of the gallery, downloads by direct message, and
-- replies that had to move elsewhere. When one of the pictures is deleted, the message goes with it.
create table copies (
    message_id  bigint primary key,
    channel_id  bigint not null,
    -- For whom it was posted; null once that member is forgotten.
    member_id   bigint,
    -- None where it is the old place of a reply.
    picture_ids bigint[] not null,
    posted_at   timestamptz not null default now(),
    -- When the bot may next try to remove it, and since when that is due; null while it may stay.
    due_at      timestamptz,
    due_since   timestamptz,
    constraint copies_due check ((due_at is null) = (due_since is null))
);
-- Deleting pictures recalls the messages that show them (copies.recall).
create index copies_of_pictures on copies using gin (picture_ids);
-- Forgetting a member recalls all that was sent to them (copies.recall_all_of).
create index copies_of_member on copies (member_id) where member_id is not null;
-- The bot looks for what is due (copies.claim_due).
create index copies_due_at on copies (due_at) where due_at is not null;

create trigger announce_copy after insert or update of due_at on copies
    for each row when (new.due_at <= now()) execute function announce('copy_due');

-- A reply that had to move elsewhere leaves what is true no more where it was, and nobody is to wait before a
-- spinner: its old place is due at once.
create function keep_old_place() returns trigger language plpgsql as $$
declare
    home bigint := (select channel_id from orders where id = old.order_id);
begin
    -- Two bots that showed the same may record it in turn: where the reply is now is not to go.
    delete from copies where message_id = new.message_id;
    -- Nothing but its token finds a private reply in a server, and the token is what did not lead there any more.
    if old.ephemeral and coalesce(old.channel_id, home) = home then
        return null;
    end if;
    insert into copies (message_id, channel_id, member_id, picture_ids, due_at, due_since)
    select old.message_id, coalesce(old.channel_id, home), member_id, '{}', now(), now()
    from orders where id = old.order_id
    on conflict (message_id) do update set due_at = now(), due_since = now() where copies.due_at is null;
    return null;
end
$$;

create trigger keep_old_place after update of message_id on replies
    for each row when (new.message_id <> old.message_id) execute function keep_old_place();

-- What is to be removed from the bucket: all objects whose names begin so. They are removed once more after a time,
-- for what a worker put there that was late to learn that it had lost the job.
create table removals (
    prefix   text primary key,
    due_at   timestamptz not null,
    again_at timestamptz
);
-- Workers look for what is due (erasure.claim_removals).
create index removals_due on removals (due_at);

create trigger announce_removal after insert on removals
    for each row when (new.due_at <= now()) execute function announce('removal_due');

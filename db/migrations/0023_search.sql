-- A search by words found nothing in scripts that are written without spaces, and everything where only an emoji or a
-- sign was typed. Now each character of such a script and each emoji is a word of its own, and what is typed without
-- a space between is found as it stands. Adding the column `words` anew rewrites the table, which holds up both
-- processes for about a second in 100,000 rows; the version before this one goes on working with it afterwards.

-- The units of a text that was made searchable, with a space between any two: what no space separates in Thai, Lao,
-- Burmese, Khmer, Chinese and Japanese, and emoji and other signs. Marks of a form alone are no part of it.
create function search_units(searchable text) returns text
language sql immutable parallel safe
return trim(regexp_replace(
    regexp_replace(
        regexp_replace(
            regexp_replace(searchable, '[\u200b-\u200d\ufe0e\ufe0f]+', '', 'g'),
            '[\u0001-\u0020\u007f-\u00a1\u00ab\u00b7\u00bb\u00bf\u2000-\u206f\u3000-\u3003\u3008-\u3011\u3014-\u301f]', ' ', 'g'
        ),
        '([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2100-\u2bff\u3005-\u3007\u3040-\u312f\u31f0-\u31ff\u3400-\u4dbf'
        '\u4e00-\u9fff\U0001f000-\U0001faff\U00020000-\U0003ffff])',
        ' \1 ', 'g'
    ),
    ' +', ' ', 'g'
));

-- A word as it stands in a tsvector or a tsquery, whatever is in it; of one that is too long for them, the beginning.
create function search_lexeme(word text) returns text
language sql immutable parallel safe
return '''' || replace(replace(left(word, 250), '\', '\\'), '''', '''''') || '''';

create function search_words_of_any(prompt text) returns tsvector
language sql immutable parallel safe
return (
    select coalesce(string_agg(search_lexeme(word) || ':' || least(n, 16383), ' '), '')::tsvector
    from string_to_table(search_units(searchable(prompt)), ' ') with ordinality as units (word, n)
    where word <> ''
);

-- Nearly all prompts have nothing but letters of English in them, and Postgres's own parser is ten times as quick.
create function search_words(prompt text) returns tsvector
language sql immutable parallel safe
return case
    when prompt ~ '^[\u0001-\u007f]*$' then to_tsvector('simple', searchable(prompt))
    else search_words_of_any(prompt)
end;

-- What a member typed: each of its words has to begin one of the prompt's; units without a space between them have to
-- follow one another. Null where nothing was typed, and a query that finds nothing where nothing of it is a word.
create or replace function prompt_query(typed text) returns tsquery
language sql immutable parallel safe
return case when trim(typed) <> '' then (
    select coalesce(string_agg(phrase, ' & '), '')::tsquery
    from regexp_split_to_table(searchable(typed), '\s+') as term
    cross join lateral (
        select string_agg(search_lexeme(word) || ':*', ' <-> ' order by n) as phrase
        from string_to_table(search_units(term), ' ') with ordinality as units (word, n)
        where word <> ''
    ) as phrases
    where phrase is not null
) end;

alter table jobs drop column words;
alter table jobs
    add column words tsvector not null generated always as (search_words(prompt)) stored;

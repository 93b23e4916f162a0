-- In a database whose locale is C, as some images and providers create it, `lower` knows the letters of English alone,
-- and a search for лиса does not find ЛИСА. There the search says by which rules letters are compared; where it works
-- already, nothing changes. Which rules there are is the server's: Postgres' own from version 17 on, or ICU's.

do $$
declare
    rules text;
begin
    if lower('Л') = 'л' then
        return;
    end if;
    select quote_ident(collname) into rules
    from pg_collation
    where collnamespace = 'pg_catalog'::regnamespace
        and collname in ('pg_c_utf8', 'und-x-icu', 'unicode', 'C.utf8', 'en_US.utf8')
        and collencoding in (-1, pg_char_to_encoding('UTF8'))
    order by array_position(array['pg_c_utf8', 'und-x-icu', 'unicode', 'C.utf8', 'en_US.utf8'], collname::text)
    limit 1;
    if rules is null then
        raise warning 'this server knows no letters but those of English: searches see a difference in the case of others';
        return;
    end if;
    execute format(
        $function$
            create or replace function searchable(prompt text) returns text
            language sql immutable parallel safe
            return lower(regexp_replace(
                regexp_replace(normalize(prompt, NFKD), '[\u0300-\u036f]+', '', 'g'),
                '[!-/:-@\[-`{-~]+', ' ', 'g'
            ) collate %1$s)
        $function$,
        rules
    );
    -- The words of what is there already are made anew.
    execute format('update jobs set prompt = prompt where lower(prompt) <> lower(prompt collate %1$s)', rules);
end
$$;

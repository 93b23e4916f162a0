-- The gallery is looked through by what was asked for and counted as a whole, and a server has its best.

-- As in the order: with it in one row, the gallery is searched by it. Nearly all pictures are of the default.
alter table pictures add column operation text not null default 'imagine';

-- By a trigger, as workers of the version before know nothing of it.
create function copy_operation() returns trigger language plpgsql as $$
begin
    new.operation := coalesce((select operation from orders where id = new.order_id), new.operation);
    return new;
end
$$;
create trigger copy_operation before insert on pictures for each row execute function copy_operation();

update pictures set operation = orders.operation
from orders
where orders.id = pictures.order_id and orders.operation <> 'imagine';

-- What is counted is read from an index alone, as far as what was added lately is vacuumed.
alter table pictures set (autovacuum_vacuum_insert_scale_factor = 0.02);

-- How many members marked a picture, of those that others in its server may see; none where nobody did.
create table favourite_counts (
    picture_id bigint primary key,
    guild_id   bigint not null,
    marks      integer not null
);
-- The best of a server, from the end (pictures.best).
create index favourite_counts_best on favourite_counts (guild_id, marks, picture_id);

-- Also for bots of the version before. In one order, so that two who do so at once do not wait for one another.
create function count_favourites() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into favourite_counts (picture_id, guild_id, marks)
        select picture_id, guild_id, count(*)
        from changed join pictures on pictures.id = picture_id
        where guild_id is not null and not private
        group by picture_id, guild_id
        order by picture_id
        on conflict (picture_id) do update set marks = favourite_counts.marks + excluded.marks;
    else
        perform from favourite_counts where picture_id in (select picture_id from changed) order by picture_id for update;
        update favourite_counts set marks = favourite_counts.marks - fewer.marks
        from (select picture_id, count(*) as marks from changed group by picture_id) as fewer
        where favourite_counts.picture_id = fewer.picture_id;
        delete from favourite_counts where picture_id in (select picture_id from changed) and marks <= 0;
    end if;
    return null;
end
$$;
create trigger count_added after insert on favourites referencing new table as changed
    for each statement execute function count_favourites();
create trigger count_removed after delete on favourites referencing old table as changed
    for each statement execute function count_favourites();

insert into favourite_counts (picture_id, guild_id, marks)
select picture_id, guild_id, count(*)
from favourites join pictures on pictures.id = picture_id
where guild_id is not null and not private
group by picture_id, guild_id;

-- What is spent. Whatever a provider may bill is counted: used = billed + unknown + reserved for what is still open.

-- One request to a provider. It is open from the claim on, by the same statement.
create table calls (
    job_id     bigint not null,
    attempt    integer not null,
    provider   text not null,
    operation  text not null,
    model      text not null,
    -- What the provider bills for it, if it does.
    credits    numeric not null,
    begun_at   timestamptz not null default now(),
    -- open: at work, and reserved by its job. unknown: nobody can tell, so it counts.
    outcome    text not null default 'open',
    -- The provider's own id of the request, to hold its bill against.
    request_id text,
    ended_at   timestamptz,
    primary key (job_id, attempt),
    constraint calls_outcome_known check (outcome in ('open', 'billed', 'free', 'unknown'))
);

-- A sum for each limit that there can be. Of a server and of all there are sixteen parts, and whoever adds takes one
-- that is free, so that members do not wait for one another's commit; the sum of the parts is what is used.
create table usage (
    month   date not null,
    -- member, server or all.
    scope   text not null,
    key     bytea not null,
    part    smallint not null,
    credits numeric not null,
    primary key (month, scope, key, part)
);

-- Whoever is forgotten keeps the month's sum, but nobody can tell whose it is: members are counted under a keyed
-- hash, and when the month is over, its key is thrown away.
create table usage_keys (
    month date primary key,
    key   bytea not null
);

create function usage_month() returns date
language sql stable parallel safe
return date_trunc('month', now() at time zone 'UTC')::date;

-- Who it is that uses, in a month. 16 bytes of a hash whose key is the month's.
create function usage_holder(member bigint, of_month date) returns bytea
language plpgsql volatile as $$
declare
    secret bytea := (select key from usage_keys where month = of_month);
begin
    if secret is null then
        insert into usage_keys (month, key)
        values (of_month, uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
        on conflict (month) do nothing;
        secret := (select key from usage_keys where month = of_month);
    end if;
    return substr(sha256(secret || int8send(member)), 1, 16);
end
$$;

-- An update first, as it nearly always finds its row, and takes a third of the time of an insert that conflicts.
create function add_usage(of_month date, of_scope text, of_key bytea, of_part smallint, more numeric) returns void
language plpgsql as $$
begin
    update usage set credits = credits + more
    where month = of_month and scope = of_scope and key = of_key and part = of_part;
    if not found then
        insert into usage (month, scope, key, part, credits) values (of_month, of_scope, of_key, of_part, more)
        on conflict (month, scope, key, part) do update set credits = usage.credits + more;
    end if;
end
$$;

-- Adds to what is used, or takes away from it where it is negative. Whoever counts for several members does so in the
-- order of the holders, so that two transactions do not wait for each other.
create function count_usage(of_month date, holder bytea, server bigint, credits numeric) returns void
language plpgsql as $$
declare
    -- Of the parts of the sums one that no other transaction uses just now, if there is one; it is this one's until
    -- its end.
    free smallint := pg_backend_pid() % 16;
begin
    for n in 0..15 loop
        if pg_try_advisory_xact_lock(7263447, n) then
            free := n;
            exit;
        end if;
    end loop;
    perform
        add_usage(of_month, 'all', '', free, credits),
        add_usage(of_month, 'member', holder, 0::smallint, credits),
        add_usage(of_month, 'server', int8send(server), free, credits);
end
$$;

-- Stores an order, its jobs and its reply. Fair turns: a member's next job goes to the queue's current turn, or
-- behind that member's last one that is still open, if that is later; the current turn is that of the job next in
-- line or, when none waits, the latest that is at work. Four pictures are four turns. Nothing is stored, and `id` is
-- null, where the interaction has an order already (`is_replay`), or one of the limits is reached; what is used of
-- them is told. A limit that is null is none; a line that is known to be short is not counted.
--
-- It is a function as each of its statements sees what was committed until it had the locks: one statement alone
-- would see only what was there when it began, and several commands at once would pass together. The locks last until
-- the order is stored. They are the member's, and those of the limits that others share.
create function store_order(
    interaction bigint, key uuid, member bigint, guild bigint, channel bigint, parent_channel bigint, locale text,
    operation text, model text, prompt text, params jsonb, inputs bigint[], count smallint, private boolean,
    spoiler boolean, traceparent text,
    provider text, price numeric,
    application bigint, token text, token_until timestamptz, answer_seconds float8,
    line_max integer, jobs_max integer, member_max numeric, server_max numeric, all_max numeric,
    out line_length bigint, out member_jobs bigint, out member_credits numeric, out server_credits numeric,
    out all_credits numeric,
    out id bigint, out created_at timestamptz, out turn bigint, out is_replay boolean
)
language plpgsql as $$
#variable_conflict use_column
declare
    server bigint := coalesce(guild, 0);
    this_month date := usage_month();
    of_member bytea := usage_holder(member, this_month);
    front bigint;
begin
    if all_max is not null then
        perform pg_advisory_xact_lock(7263442, 0);
        all_credits := (
            select coalesce(sum(credits), 0) from usage where month = this_month and scope = 'all' and key = ''
        );
    end if;
    if server_max is not null then
        perform pg_advisory_xact_lock(7263446, (server % 2147483647)::integer);
        server_credits := (
            select coalesce(sum(credits), 0) from usage
            where month = this_month and scope = 'server' and key = int8send(server)
        );
    end if;
    perform pg_advisory_xact_lock(7263442, (member % 2147483647)::integer);
    is_replay := exists (select from orders where interaction_id = interaction);
    if is_replay then
        return;
    end if;
    if member_max is not null then
        member_credits := (
            select coalesce(sum(credits), 0) from usage
            where month = this_month and scope = 'member' and key = of_member
        );
    end if;
    if line_max is not null then
        line_length := (
            select count(*) from (select from jobs where state = 'queued' order by turn, id limit line_max) as line
        );
    end if;
    select count(*), max(turn) + 1 into member_jobs, turn
    from jobs where member_id = member and state in ('queued', 'running');
    if line_length + count > line_max
        or member_jobs + count > jobs_max
        or member_credits + count * price > member_max
        or server_credits + count * price > server_max
        or all_credits + count * price > all_max
    then
        return;
    end if;

    front := (select turn from jobs where state = 'queued' order by turn, id limit 1);
    if front is null then
        front := (select max(turn) from jobs where state = 'running');
    end if;
    turn := greatest(turn, front, 1);
    created_at := now();
    insert into orders (
        key, interaction_id, member_id, guild_id, channel_id, parent_channel_id, locale,
        operation, model, prompt, params, inputs, count, private, spoiler, traceparent
    )
    values (
        store_order.key, interaction, member, guild, channel, parent_channel, store_order.locale,
        store_order.operation, store_order.model, store_order.prompt, store_order.params, store_order.inputs,
        store_order.count, store_order.private, store_order.spoiler, store_order.traceparent
    )
    returning orders.id into id;
    for n in 1..count loop
        insert into jobs (id, order_id, member_id, provider, price, turn, month, holder, guild_id)
        values (
            store_order.id * 16 + n, store_order.id, member, store_order.provider, store_order.price,
            store_order.turn + n - 1, this_month, of_member, server
        );
    end loop;
    insert into replies (order_id, application_id, token, token_expires_at, due_at, ephemeral)
    values (
        store_order.id, application, store_order.token, token_until, now() + make_interval(secs => answer_seconds),
        store_order.private and guild is not null
    );
    perform count_usage(this_month, of_member, server, count * price);
end
$$;

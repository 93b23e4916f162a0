-- Who may paint what, where and for how much is decided from inside Discord: by the owner of the bot for all, and by
-- whoever manages a server for that one.

-- Row 0 is the owner's own: its settings hold for all servers and direct messages. Of a server, `settings` are its
-- managers', and `granted` is what the owner of the bot has set for it.
alter table servers
    add column granted jsonb not null default '{}',
    -- Raised by each change; an order is only stored by who has seen the newest one.
    add column revision bigint not null default 1,
    add column name text not null default '',
    add column seen_at timestamptz not null default now(),
    -- When the owner of the bot was asked whether to let it in.
    add column asked_at timestamptz,
    -- Since when the bot is not there any more; what is set waits for its return.
    add column left_at timestamptz,
    -- Why it is shut, and until when; null is for good.
    add column shut_reason text,
    add column shut_until timestamptz;

-- When a change was written to the server's channel for that; null where it still has to be, from `tell_at` on: what
-- follows within seconds is told with it.
alter table audit
    add column told_at timestamptz,
    add column tell_at timestamptz not null default now() + interval '3 seconds';
-- The newest changes of a server (audit.of_server).
create index audit_of_server on audit (guild_id, id);
-- What a member has changed is in the member's export, and is forgotten with the member (erasure.changes_of,
-- export.changes).
create index audit_of_member on audit (member_id);
-- Whom a change is about, as a block is about somebody, is forgotten with them (erasure.changes_about).
create index audit_about on audit ((coalesce(change #>> '{blocked,0}', change ->> 'lifted')))
    where coalesce(change #>> '{blocked,0}', change ->> 'lifted') is not null;
-- What is to be written to its server's channel (audit.claim_untold).
create index audit_untold on audit (id) where told_at is null;

-- Who may ask for nothing: in one server, or, with guild_id 0, anywhere.
create table blocks (
    member_id  bigint not null,
    guild_id   bigint not null,
    reason     text not null default '',
    -- Null is for good.
    until      timestamptz,
    blocked_by bigint not null,
    blocked_at timestamptz not null default now(),
    primary key (member_id, guild_id)
);
-- Those of one server, for its managers (blocks.of_server).
create index blocks_of_server on blocks (guild_id, blocked_at);

-- What a member wants where nothing else is said.
create table members (
    member_id  bigint primary key,
    settings   jsonb not null default '{}',
    -- It begins with the time, so that a new row is not taken for one that was forgotten.
    revision   bigint not null default (extract(epoch from clock_timestamp()) * 1000000)::bigint,
    changed_at timestamptz not null default now()
);
-- Each process has them at hand, and looks for those that were changed lately (members.changed).
create index members_changed on members (changed_at);

-- When a member may next be told that a picture is there which took long. Null until the order's end was shown;
-- infinity where there is nothing to tell, or it was told.
alter table replies add column ping_at timestamptz;
-- The bot looks for what is to be told (replies.claim_pings).
create index replies_pings on replies (ping_at) where ping_at < 'infinity';
create trigger announce_ping after update of ping_at on replies
    for each row when (new.ping_at <= now()) execute function announce('ping_due');

-- A picture that a member finds should not be there, until whoever manages its server has decided.
create table reports (
    id          bigint generated always as identity primary key,
    picture_id  bigint not null,
    guild_id    bigint not null,
    member_id   bigint not null,
    reason      text not null default '',
    reported_at timestamptz not null default now(),
    -- What was decided, by whom (null: the picture was deleted by another way) and when; null while it is open.
    decision    text,
    decided_by  bigint,
    decided_at  timestamptz,
    -- The message in the server's channel that shows it, and when it is to be sent or edited; null where it is as it
    -- should be.
    channel_id  bigint,
    message_id  bigint,
    tell_at     timestamptz default now(),
    constraint reports_decision_known check (decision in ('kept', 'deleted', 'blocked_for_a_day', 'blocked'))
);
-- One open report a picture (reports.report).
create unique index reports_open on reports (picture_id) where decision is null;
-- The open ones of a server, the oldest first (reports.open_of).
create index reports_of_server on reports (guild_id, id) where decision is null;
-- What a member has reported is in the member's export, and is forgotten with the member (erasure.reports_of,
-- export.reports).
create index reports_of_member on reports (member_id);
-- With a picture goes what was said of it, and its message changes (erasure.reports).
create index reports_of_picture on reports (picture_id);
-- The bot looks for messages to send or edit (reports.claim_due).
create index reports_due on reports (tell_at) where tell_at is not null;
create trigger announce_report after insert or update of tell_at on reports
    for each row when (new.tell_at <= now()) execute function announce('report_due');

-- As `usage` is by month. Here and there, `here` is a member in one server.
create table usage_days (
    day     date not null,
    scope   text not null,
    key     bytea not null,
    part    smallint not null,
    credits numeric not null,
    primary key (day, scope, key, part)
);

-- An alarm of which the owner was told, and which is over, until that is told too.
create table ended_alarms (
    id        bigint generated always as identity primary key,
    kind      text not null,
    provider  text not null,
    model     text not null,
    detail    text not null,
    raised_at timestamptz not null,
    price     numeric,
    ended_at  timestamptz not null default now(),
    -- When somebody may next try to tell it; later while one does.
    tell_at   timestamptz not null default now()
);
create trigger announce_end after insert on ended_alarms
    for each row execute function announce('alarm_raised');

-- What was left of an account when a worker last asked, for the owner's eyes.
create table balances (
    provider text primary key,
    credits  numeric not null,
    known_at timestamptz not null default now()
);

-- What became of a month's jobs, and what its calls cost, are ranges of the tables (dashboard.jobs). The months follow
-- one another there, so a range is found by an index of a few pages that costs nothing to write.
create index jobs_of_month on jobs using brin (month);
-- The same (dashboard.by_model).
create index calls_begun on calls using brin (begun_at);

-- The day in which a job was asked for, by which it counts until its end.
alter table jobs add column day date not null default (now() at time zone 'UTC')::date;

-- A job that was cancelled by another than its member says why, as one that failed does.
create or replace function is_sound_job(
    id bigint, order_id bigint, state text, has_lease boolean, is_finished boolean, has_failure boolean
)
returns boolean language plpgsql immutable parallel safe as $$
begin
    return id between order_id * 16 + 1 and order_id * 16 + 15
        and state in ('queued', 'running', 'done', 'failed', 'cancelled')
        and has_lease = (state = 'running')
        and is_finished = (state in ('done', 'failed', 'cancelled'))
        and (has_failure = (state = 'failed') or state = 'cancelled');
end
$$;

create function usage_day() returns date
language sql stable parallel safe
return (now() at time zone 'UTC')::date;

create function usage_here(holder bytea, server bigint) returns bytea
language sql immutable parallel safe
return holder || int8send(server);

create function add_usage_day(of_day date, of_scope text, of_key bytea, of_part smallint, more numeric) returns void
language plpgsql as $$
begin
    update usage_days set credits = credits + more
    where day = of_day and scope = of_scope and key = of_key and part = of_part;
    if not found then
        insert into usage_days (day, scope, key, part, credits) values (of_day, of_scope, of_key, of_part, more)
        on conflict (day, scope, key, part) do update set credits = usage_days.credits + more;
    end if;
end
$$;

-- As the one without a day, which the version before this one calls: what that counts is of no day.
create function count_usage(of_month date, of_day date, holder bytea, server bigint, credits numeric) returns void
language plpgsql as $$
declare
    free smallint := pg_backend_pid() % 16;
    here bytea := usage_here(holder, server);
begin
    for n in 0..15 loop
        if pg_try_advisory_xact_lock(7263447, n) then
            free := n;
            exit;
        end if;
    end loop;
    perform
        add_usage(of_month, 'all', '', free, credits),
        add_usage_day(of_day, 'all', '', free, credits),
        add_usage(of_month, 'here', here, 0::smallint, credits),
        add_usage_day(of_day, 'here', here, 0::smallint, credits),
        add_usage(of_month, 'member', holder, 0::smallint, credits),
        add_usage_day(of_day, 'member', holder, 0::smallint, credits),
        add_usage(of_month, 'server', int8send(server), free, credits),
        add_usage_day(of_day, 'server', int8send(server), free, credits);
end
$$;

create function used_in_month(of_month date, of_scope text, of_key bytea) returns numeric
language sql stable parallel safe
return (
    select coalesce(sum(credits), 0) from usage where month = of_month and scope = of_scope and key = of_key
);

create function used_in_day(of_day date, of_scope text, of_key bytea) returns numeric
language sql stable parallel safe
return (
    select coalesce(sum(credits), 0) from usage_days where day = of_day and scope = of_scope and key = of_key
);

-- As the one before it, which stays for as long as that version may still run; with limits by the day, and of a member
-- in one server. And nothing is stored for who has not seen the newest rules (`is_stale`; what the member's own are is
-- told), or who is blocked.
create function store_order(
    interaction bigint, key uuid, member bigint, guild bigint, channel bigint, parent_channel bigint, locale text,
    operation text, model text, prompt text, params jsonb, inputs bigint[], count smallint, private boolean,
    spoiler boolean, traceparent text,
    provider text, price numeric,
    application bigint, token text, token_until timestamptz, answer_seconds float8,
    line_max integer, jobs_max integer, jobs_here_max integer,
    all_day_max numeric, all_month_max numeric, server_day_max numeric, server_month_max numeric,
    member_day_max numeric, member_month_max numeric, here_day_max numeric, here_month_max numeric,
    house_seen bigint, server_seen bigint, member_seen bigint,
    out line_length bigint, out member_jobs bigint, out jobs_here bigint,
    out all_day numeric, out all_month numeric, out server_day numeric, out server_month numeric,
    out member_day numeric, out member_month numeric, out here_day numeric, out here_month numeric,
    out id bigint, out created_at timestamptz, out turn bigint, out is_replay boolean,
    out is_stale boolean, out member_settings jsonb, out member_revision bigint,
    out blocked_in bigint, out blocked_reason text, out blocked_until timestamptz
)
language plpgsql as $$
#variable_conflict use_column
declare
    server bigint := coalesce(guild, 0);
    this_month date := usage_month();
    today date := usage_day();
    of_member bytea := usage_holder(member, this_month);
    cost numeric := count * price;
    front bigint;
begin
    if all_day_max is not null or all_month_max is not null then
        perform pg_advisory_xact_lock(7263442, 0);
        all_day := case when all_day_max is not null then used_in_day(today, 'all', '') end;
        all_month := case when all_month_max is not null then used_in_month(this_month, 'all', '') end;
    end if;
    if server_day_max is not null or server_month_max is not null then
        perform pg_advisory_xact_lock(7263446, (server % 2147483647)::integer);
        server_day := case when server_day_max is not null then used_in_day(today, 'server', int8send(server)) end;
        server_month := case
            when server_month_max is not null then used_in_month(this_month, 'server', int8send(server))
        end;
    else
        -- Orders of a server are stored beside each other, but not while it is shut (servers.lock).
        perform pg_advisory_xact_lock_shared(7263446, (server % 2147483647)::integer);
    end if;
    perform pg_advisory_xact_lock(7263442, (member % 2147483647)::integer);
    is_replay := exists (select from orders where interaction_id = interaction);
    if is_replay then
        return;
    end if;
    select settings, revision into member_settings, member_revision from members where member_id = member;
    is_stale := coalesce(member_revision, 0) <> member_seen
        or coalesce((select revision from servers where guild_id = 0), 0) <> house_seen
        or server <> 0 and coalesce((select revision from servers where guild_id = server), 0) <> server_seen;
    if is_stale then
        return;
    end if;
    select guild_id, reason, until into blocked_in, blocked_reason, blocked_until
    from blocks
    where member_id = member and guild_id in (0, server) and (until is null or until > now())
    order by guild_id
    limit 1;
    member_day := case when member_day_max is not null then used_in_day(today, 'member', of_member) end;
    member_month := case when member_month_max is not null then used_in_month(this_month, 'member', of_member) end;
    here_day := case when here_day_max is not null then used_in_day(today, 'here', usage_here(of_member, server)) end;
    here_month := case
        when here_month_max is not null then used_in_month(this_month, 'here', usage_here(of_member, server))
    end;
    if line_max is not null then
        line_length := (
            select count(*) from (select from jobs where state = 'queued' order by turn, id limit line_max) as line
        );
    end if;
    select count(*), count(*) filter (where guild_id = server), max(turn) + 1 into member_jobs, jobs_here, turn
    from jobs where member_id = member and state in ('queued', 'running');
    if blocked_in is not null
        or line_length + count > line_max
        or member_jobs + count > jobs_max
        or jobs_here + count > jobs_here_max
        or all_day + cost > all_day_max
        or all_month + cost > all_month_max
        or server_day + cost > server_day_max
        or server_month + cost > server_month_max
        or member_day + cost > member_day_max
        or member_month + cost > member_month_max
        or here_day + cost > here_day_max
        or here_month + cost > here_month_max
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
        insert into jobs (id, order_id, member_id, provider, price, turn, month, day, holder, guild_id)
        values (
            store_order.id * 16 + n, store_order.id, member, store_order.provider, store_order.price,
            store_order.turn + n - 1, this_month, today, of_member, server
        );
    end loop;
    insert into replies (order_id, application_id, token, token_expires_at, due_at, ephemeral)
    values (
        store_order.id, application, store_order.token, token_until, now() + make_interval(secs => answer_seconds),
        store_order.private and guild is not null
    );
    perform count_usage(this_month, today, of_member, server, cost);
end
$$;

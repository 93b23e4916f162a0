-- A revision that is not worth another try, or that can never be shown, is not one that is shown: what is behind is
-- looked up by both. The older version, while it still runs, finds the replies that are behind without an index.

alter table jobs add column given_up_revision integer not null default 0;

create index jobs_behind on jobs (reply_due_at) where shown_revision < revision and given_up_revision < revision;
drop index jobs_replies;

-- What was given up before was recorded as shown.
comment on column jobs.reply_faults is 'not used any more';

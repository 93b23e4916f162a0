-- One trace of a job through both processes: the bot stores in which one the command is (W3C Trace Context), and
-- whoever works on the job goes on in it. Null where traces are switched off, and for the version before this one.

alter table jobs add column traceparent text;

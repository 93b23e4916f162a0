-- A pause and its end concern every reply that waits, and none of them changes for it: so what each shows of a pause is
-- recorded, as its place in line is. The version before this one records none, and shows it at its next edit as before.

alter table jobs
    -- The kind of the alarm that the reply tells of, null where it tells of none.
    add column shown_pause text;

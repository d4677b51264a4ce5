-- Why: the outbox grows with every write to a panel. What has ended is deleted when it is older than a number of days;
-- what has not ended stays for ever, which the trigger of actions holds. The shortest time is one in which nobody sends
-- an old form again: its key is kept with the row.

CREATE TABLE outbox_settings (
  one            boolean PRIMARY KEY DEFAULT true CHECK (one),
  retention_days int DEFAULT 365 CHECK (retention_days BETWEEN 30 AND 3650)
);
INSERT INTO outbox_settings DEFAULT VALUES;

CREATE INDEX actions_ended ON actions (ended_at) WHERE ended_at IS NOT NULL;

-- Why: a backup that is restored beside living panels must send nothing by itself. What it holds as waiting may have been
-- sent long ago, by the database that it was taken from. So the outbox remembers in which place it was last at home: the
-- cluster, its timeline, which a restore to a moment and a standby's promotion begin anew, and the table itself, which
-- a restored dump makes anew. Somewhere else no action is due, until all that waits has been put to a person.
--
-- A queued action without a time at which it is due is one that asks: the version before never takes it.

CREATE FUNCTION outbox_place_now() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT concat_ws(' ', (SELECT system_identifier FROM pg_control_system()), left(pg_walfile_name(pg_current_wal_lsn()), 8),
    'actions'::regclass::oid)
$$;

CREATE TABLE outbox_place (
  one   boolean PRIMARY KEY DEFAULT true CHECK (one),
  place text NOT NULL
);
INSERT INTO outbox_place (place) VALUES (outbox_place_now());

DO $$
DECLARE name text;
BEGIN
  SELECT conname INTO STRICT name FROM pg_constraint
    WHERE conrelid = 'actions'::regclass AND pg_get_constraintdef(oid) LIKE 'CHECK (((state <> ''queued''::text) OR (due_at IS NOT NULL)))';
  EXECUTE format('ALTER TABLE actions DROP CONSTRAINT %I', name);
END $$;

CREATE OR REPLACE VIEW outbox AS
SELECT t.id, t.kind, t.panel_id, t.resource, t.target_id, t.target_name, t.payload, t.reference, t.staff_id, t.username, t.created_at,
  t.state, t.words, t.attempts, t.due_at, t.sent_at, t.deadline, t.ended_at, t.changed_at,
  CASE WHEN t.state IN ('queued', 'unconfirmed') AND t.due_at IS NULL THEN 'needs_person' ELSE t.state END AS status,
  CASE
    WHEN t.state NOT IN ('queued', 'unconfirmed') THEN ''
    WHEN panel.paused_at IS NOT NULL THEN 'paused'
    WHEN panel.key_refused_at IS NOT NULL THEN 'key'
    WHEN panel.probe_at IS NOT NULL THEN 'down'
    ELSE ''
  END AS held,
  t.state = 'queued' AND EXISTS (SELECT 1 FROM actions AS earlier
    WHERE earlier.panel_id = t.panel_id AND earlier.resource = t.resource AND earlier.target_id = t.target_id
      AND earlier.target_name = t.target_name AND earlier.id < t.id AND earlier.state IN ('queued', 'sending', 'unconfirmed')) AS behind
FROM actions AS t LEFT JOIN panels AS panel ON panel.id = t.panel_id;

-- Why: the first words about an attempt name its cause (429, a redirect, a web page). Later words, about the looks at the
-- panel, replaced them. cause keeps them until the next attempt, and pages show both.
--
-- A person may also decide that an action did not go through and is not to be sent again: unconfirmed may become cancelled.
-- vouched_at is when a person last said to send the action, so that its age counts from there and not from created_at.

ALTER TABLE actions ADD COLUMN cause text NOT NULL DEFAULT '', ADD COLUMN vouched_at timestamptz;

CREATE OR REPLACE FUNCTION actions_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.ended_at IS NULL THEN
      RAISE EXCEPTION 'action % has not ended and stays', OLD.id USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN OLD;
  END IF;
  IF (OLD.state, NEW.state) NOT IN (
    ('queued', 'queued'), ('queued', 'sending'), ('queued', 'done'), ('queued', 'refused'), ('queued', 'cancelled'),
    ('sending', 'queued'), ('sending', 'done'), ('sending', 'refused'), ('sending', 'unconfirmed'),
    ('unconfirmed', 'unconfirmed'), ('unconfirmed', 'queued'), ('unconfirmed', 'done'), ('unconfirmed', 'refused'),
    ('unconfirmed', 'cancelled')
  ) THEN
    RAISE EXCEPTION 'action % cannot become % from %', OLD.id, NEW.state, OLD.state USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
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
      AND earlier.target_name = t.target_name AND earlier.id < t.id AND earlier.state IN ('queued', 'sending', 'unconfirmed')) AS behind,
  t.cause
FROM actions AS t LEFT JOIN panels AS panel ON panel.id = t.panel_id;

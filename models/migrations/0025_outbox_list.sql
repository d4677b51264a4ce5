-- Why: the outbox is shown: as a list, and beside each order and ticket. A row's status is its state, or that it asks a
-- person; held is what keeps its panel from taking anything now; behind is true of what waits for an earlier action on
-- the same target. They follow from other rows, so they are a view and not columns, which also lets the version before
-- go on reading all columns of actions.

CREATE INDEX actions_target ON actions (panel_id, resource, target_id, id DESC) WHERE target_id > 0;

CREATE VIEW outbox AS
SELECT t.id, t.kind, t.panel_id, t.resource, t.target_id, t.target_name, t.payload, t.reference, t.staff_id, t.username, t.created_at,
  t.state, t.words, t.attempts, t.due_at, t.sent_at, t.deadline, t.ended_at, t.changed_at,
  CASE WHEN t.state = 'unconfirmed' AND t.due_at IS NULL THEN 'needs_person' ELSE t.state END AS status,
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

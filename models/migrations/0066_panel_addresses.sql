-- Why: an address or a key that belongs to another shop must not get what waits for this one. A panel's address has a
-- number that grows with each change, and an action keeps the number and the address that it is meant for: workers take,
-- send and look for an action only while both numbers are the same. All else asks a person. A trigger sets them, so that
-- an action of the version before has them too.
--
-- shop_check_at is when the panel's newest records are to be compared with the mirror, after a change of its address or
-- key. Until they match, nothing is read from the panel or sent to it. shop_check_words say why they did not match.

ALTER TABLE panels
  ADD COLUMN address_no int NOT NULL DEFAULT 0,
  ADD COLUMN shop_check_at timestamptz,
  ADD COLUMN shop_check_words text NOT NULL DEFAULT '';

ALTER TABLE actions
  ADD COLUMN address_no int NOT NULL DEFAULT 0,
  ADD COLUMN address text NOT NULL DEFAULT '';

CREATE FUNCTION actions_address() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT panel.address_no, panel.url INTO NEW.address_no, NEW.address FROM panels AS panel WHERE panel.id = NEW.panel_id;
  NEW.address_no := coalesce(NEW.address_no, 0);
  NEW.address := coalesce(NEW.address, '');
  RETURN NEW;
END $$;
CREATE TRIGGER actions_address BEFORE INSERT ON actions FOR EACH ROW EXECUTE FUNCTION actions_address();

CREATE OR REPLACE VIEW outbox AS
SELECT t.id, t.kind, t.panel_id, t.resource, t.target_id, t.target_name, t.payload, t.reference, t.staff_id, t.username, t.created_at,
  t.state, t.words, t.attempts, t.due_at, t.sent_at, t.deadline, t.ended_at, t.changed_at,
  CASE WHEN t.state IN ('queued', 'unconfirmed') AND t.due_at IS NULL THEN 'needs_person' ELSE t.state END AS status,
  CASE
    WHEN t.state NOT IN ('queued', 'unconfirmed') THEN ''
    WHEN panel.paused_at IS NOT NULL THEN 'paused'
    WHEN panel.key_refused_at IS NOT NULL THEN 'key'
    WHEN panel.shop_check_at IS NOT NULL THEN 'check'
    WHEN panel.probe_at IS NOT NULL THEN 'down'
    ELSE ''
  END AS held,
  t.state = 'queued' AND EXISTS (SELECT 1 FROM actions AS earlier
    WHERE earlier.panel_id = t.panel_id AND earlier.resource = t.resource AND earlier.target_id = t.target_id
      AND earlier.target_name = t.target_name AND earlier.id < t.id AND earlier.state IN ('queued', 'sending', 'unconfirmed')) AS behind,
  t.cause,
  t.address, t.address_no, panel.url AS panel_url, panel.address_no AS panel_address_no
FROM actions AS t LEFT JOIN panels AS panel ON panel.id = t.panel_id;

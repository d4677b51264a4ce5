-- Why: a panel's "yes" is a claim. It may name another payment, or nothing may follow from it. So an action keeps the
-- payment id of its receipt, the time of an answer that can be believed, and the payments of the panel's list that
-- are it. What was answered is looked for all the same, and what the panel does not show asks a person: done may become
-- unconfirmed. So may what was refused or cancelled, when the panel shows it after all. Nothing else follows from these.
--
-- look_at is when the panel is looked at again although nothing waits for it: to hold "done" against the panel, and while
-- a person is asked. due_at stays NULL then, so that the version before leaves such a row alone. reads is how many whole
-- looks since the answer, the first of them at reads_from, did not show it.

ALTER TABLE actions
  ADD COLUMN receipt_id bigint NOT NULL DEFAULT 0,
  ADD COLUMN answered_at timestamptz,
  ADD COLUMN look_at timestamptz,
  ADD COLUMN reads int NOT NULL DEFAULT 0,
  ADD COLUMN reads_from timestamptz,
  ADD COLUMN found bigint[] NOT NULL DEFAULT '{}'; -- the panel's payments that are this action

DO $$
DECLARE name text;
BEGIN
  SELECT conname INTO STRICT name FROM pg_constraint
    WHERE conrelid = 'actions'::regclass AND pg_get_constraintdef(oid) = 'CHECK (((ended_at IS NULL) OR ((due_at IS NULL) AND (lease_token IS NULL))))';
  EXECUTE format('ALTER TABLE actions DROP CONSTRAINT %I', name);
END $$;
ALTER TABLE actions ADD CHECK (ended_at IS NULL OR due_at IS NULL AND (lease_token IS NULL OR state = 'done'));

CREATE INDEX actions_look ON actions (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX actions_reference ON actions (lower(reference)) WHERE reference <> '';
CREATE INDEX actions_receipt ON actions (panel_id, receipt_id) WHERE receipt_id > 0;

-- An action that the panel said yes to may turn out to be unconfirmed while a later one to the same customer is under way.
DROP INDEX actions_in_flight;
CREATE UNIQUE INDEX actions_in_flight ON actions (panel_id, resource, target_id, target_name)
  WHERE state = 'sending' OR state = 'unconfirmed' AND answered_at IS NULL;

CREATE FUNCTION actions_reopen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT (OLD.state = 'done' AND NEW.state = 'done'
      OR NEW.state = 'unconfirmed' AND NEW.answered_at IS NOT NULL AND (OLD.state = 'done' OR NEW.found <> '{}')) THEN
    RAISE EXCEPTION 'action % cannot become % from %', OLD.id, NEW.state, OLD.state USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION actions_look_no_more() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.look_at := NULL;
  RETURN NEW;
END $$;

DROP TRIGGER actions_move ON actions;
CREATE TRIGGER actions_move BEFORE UPDATE ON actions FOR EACH ROW WHEN (OLD.state NOT IN ('done', 'refused', 'cancelled'))
  EXECUTE FUNCTION actions_move();
CREATE TRIGGER actions_stay BEFORE DELETE ON actions FOR EACH ROW EXECUTE FUNCTION actions_move();
CREATE TRIGGER actions_reopen BEFORE UPDATE ON actions FOR EACH ROW WHEN (OLD.state IN ('done', 'refused', 'cancelled'))
  EXECUTE FUNCTION actions_reopen();
CREATE TRIGGER actions_look_no_more BEFORE UPDATE ON actions FOR EACH ROW
  WHEN (NEW.look_at IS NOT NULL AND NEW.state NOT IN ('done', 'unconfirmed')) EXECUTE FUNCTION actions_look_no_more();

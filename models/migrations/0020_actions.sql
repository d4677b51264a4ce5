-- Why: what staff write to a panel must happen once, and say so, though panels know no idempotency keys and an answer may
-- get lost after the write was applied. So a write is a row with a state before it is a request: it is committed with its
-- entry in the activity log, and "sending" is committed before the first byte leaves. What only code promises, code can
-- break; so the table itself refuses a state that follows from no other, a second write in flight to one target, and the
-- loss of a row that has not ended.
--
-- A row names its staff member and panel without a foreign key, because it outlives both. target_id is an order or a
-- ticket, target_name a customer. due_at is when something is to be done next: not before it for what is queued, the next
-- look at the panel for what is unconfirmed, and NULL where nothing happens by itself: it has ended, or it asks a person.

CREATE TABLE actions (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key         text NOT NULL CHECK (key <> ''), -- the form's: sent twice it is one action
  kind        text NOT NULL,
  panel_id    bigint NOT NULL,
  resource    text NOT NULL,
  target_id   bigint NOT NULL,
  target_name text NOT NULL,
  payload     jsonb NOT NULL,
  reference   text NOT NULL, -- by which a payment is found again; '' for others
  staff_id    bigint NOT NULL,
  username    text NOT NULL,
  created_at  timestamptz NOT NULL,
  state       text NOT NULL CHECK (state IN ('queued', 'sending', 'done', 'refused', 'unconfirmed', 'cancelled')),
  words       text NOT NULL DEFAULT '', -- the panel's, or ours about it
  attempts    int NOT NULL DEFAULT 0,
  before      jsonb, -- what the panel held before the attempt
  failures    int NOT NULL DEFAULT 0, -- in a row, of reaching the panel
  misses      int NOT NULL DEFAULT 0, -- looks that did not find it, once it must have arrived
  due_at      timestamptz,
  sent_at     timestamptz,
  deadline    timestamptz, -- after which the attempt's request has ended
  ended_at    timestamptz,
  changed_at  timestamptz NOT NULL,
  lease_token uuid,
  lease_until timestamptz,
  CONSTRAINT actions_key UNIQUE (staff_id, key),
  CHECK ((target_id > 0) <> (target_name <> '')),
  CHECK ((lease_token IS NULL) = (lease_until IS NULL)),
  CHECK ((ended_at IS NOT NULL) = (state IN ('done', 'refused', 'cancelled'))),
  CHECK (ended_at IS NULL OR due_at IS NULL AND lease_token IS NULL),
  CHECK (state <> 'queued' OR due_at IS NOT NULL),
  CHECK (state <> 'sending' OR lease_token IS NOT NULL),
  CHECK (state NOT IN ('sending', 'unconfirmed') OR
    attempts > 0 AND before IS NOT NULL AND sent_at IS NOT NULL AND deadline IS NOT NULL)
);
CREATE INDEX actions_created ON actions (created_at DESC, panel_id DESC, id DESC);
CREATE INDEX actions_unfinished ON actions (panel_id, resource, target_id, target_name, id)
  WHERE state IN ('queued', 'sending', 'unconfirmed');
CREATE UNIQUE INDEX actions_in_flight ON actions (panel_id, resource, target_id, target_name)
  WHERE state IN ('sending', 'unconfirmed');

CREATE FUNCTION actions_move() RETURNS trigger LANGUAGE plpgsql AS $$
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
    ('unconfirmed', 'unconfirmed'), ('unconfirmed', 'queued'), ('unconfirmed', 'done'), ('unconfirmed', 'refused')
  ) THEN
    RAISE EXCEPTION 'action % cannot become % from %', OLD.id, NEW.state, OLD.state USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER actions_move BEFORE UPDATE OR DELETE ON actions FOR EACH ROW EXECUTE FUNCTION actions_move();

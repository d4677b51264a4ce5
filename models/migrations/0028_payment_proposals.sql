-- Why: a payment above a limit waits until a second person with the right releases it; then it becomes an action like any
-- other, in the name of who released it. That nobody releases what they proposed themselves, and that one proposal becomes
-- at most one action, must hold also for two requests at once, so the table itself refuses it.
--
-- Before a payment is written down, payments to the same customer of the same amount, and those with the same memo, are
-- looked for among the actions too: what we have just sent is not mirrored yet.

CREATE TABLE payment_proposals (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key         text NOT NULL CHECK (key <> ''), -- the form's: sent twice it is one proposal
  panel_id    bigint NOT NULL,
  target_name text NOT NULL CHECK (target_name <> ''),
  payload     jsonb NOT NULL,
  staff_id    bigint NOT NULL,
  username    text NOT NULL,
  created_at  timestamptz NOT NULL,
  state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'approved', 'declined', 'withdrawn')),
  decided_by  bigint,
  decider     text NOT NULL DEFAULT '',
  decided_at  timestamptz,
  action_id   bigint UNIQUE,
  CONSTRAINT payment_proposals_key UNIQUE (staff_id, key),
  CHECK ((state = 'waiting') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)),
  CHECK ((state = 'withdrawn') = (decided_by IS NOT DISTINCT FROM staff_id)),
  CHECK ((state = 'approved') = (action_id IS NOT NULL))
);
CREATE INDEX payment_proposals_waiting ON payment_proposals (panel_id, id) WHERE state = 'waiting';

CREATE INDEX actions_payment_user ON actions (panel_id, lower(target_name), created_at) WHERE kind = 'add_payment';
CREATE INDEX actions_payment_memo ON actions ((payload ->> 'memo')) WHERE kind = 'add_payment';

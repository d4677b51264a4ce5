-- Why: staff do one thing to hundreds of orders at once. Each order's write stays a row of actions with all that holds
-- for one: a recorded intent before it leaves, one write in flight to a target, an end of its own. A batch only says
-- which of them were asked for together; digest tells the same form from another one under its key.
--
-- What belongs to a batch stands in a table of its own and not in a column of actions, because the version before reads
-- whole rows of that and must go on reading them. That version sends the rows of a batch one by one, which is right too.

CREATE TABLE batches (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key        text NOT NULL CHECK (key <> ''), -- the form's: sent twice it is one batch
  kind       text NOT NULL,
  payload    jsonb NOT NULL,
  digest     text NOT NULL, -- of the orders
  staff_id   bigint NOT NULL,
  username   text NOT NULL,
  created_at timestamptz NOT NULL,
  retry_of   bigint REFERENCES batches, -- whose failed ones it tries again
  CONSTRAINT batches_key UNIQUE (staff_id, key)
);
CREATE INDEX batches_retry_of ON batches (retry_of) WHERE retry_of IS NOT NULL;

CREATE TABLE batch_items (
  action_id bigint PRIMARY KEY REFERENCES actions ON DELETE CASCADE,
  batch_id  bigint NOT NULL REFERENCES batches,
  panel_id  bigint NOT NULL,
  alone     boolean NOT NULL -- it goes in a call of its own, not in one for up to a hundred
);
CREATE INDEX batch_items_batch ON batch_items (batch_id, panel_id);

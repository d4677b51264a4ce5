-- Why: rows that are older than their resource's retention are deleted in the background, in small batches that any
-- worker may go on with, and staff see how far that is: all of it follows from these rows. What deleted orders and
-- payments came to, by day, stays.
--
-- A round walks a panel's rows from the oldest; cutoff, after_at and after_id say where it is, and cutoff is NULL
-- between rounds. expected is what staff were shown when they asked, deleted counts since then, kept are the rows that
-- the last round left because something open still needs them.

CREATE TABLE purges (
  panel_id    bigint NOT NULL,
  resource    text NOT NULL,
  asked_at    timestamptz NOT NULL,
  due_at      timestamptz NOT NULL,
  cutoff      timestamptz,
  after_at    timestamptz,
  after_id    bigint NOT NULL DEFAULT 0,
  expected    bigint NOT NULL DEFAULT 0,
  deleted     bigint NOT NULL DEFAULT 0,
  kept        bigint NOT NULL DEFAULT 0,
  finished_at timestamptz,
  PRIMARY KEY (panel_id, resource),
  FOREIGN KEY (panel_id, resource) REFERENCES streams ON DELETE CASCADE
);

-- amount is the orders' charge or the payments' amount. A day's total is this and what is still in the mirror.
CREATE TABLE purged_days (
  panel_id bigint NOT NULL REFERENCES panels (id) ON DELETE CASCADE,
  resource text NOT NULL,
  day      date NOT NULL,
  status   text NOT NULL,
  currency text NOT NULL,
  rows     bigint NOT NULL,
  amount   numeric NOT NULL,
  PRIMARY KEY (panel_id, resource, day, status, currency)
);

-- The numbers that a text mentions, for "which open ticket speaks of this order". Longer ones than any id are left out.
CREATE FUNCTION numbers_in(words text) RETURNS bigint[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(DISTINCT found[1]::bigint), '{}')
  FROM regexp_matches(words, '[0-9]+', 'g') AS found WHERE length(found[1]) < 19
$$;
CREATE INDEX tickets_numbers ON tickets USING gin (numbers_in(subject));
CREATE INDEX ticket_messages_numbers ON ticket_messages USING gin (numbers_in(body));

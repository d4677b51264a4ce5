-- Why: calls are few, so a stream that may not call gives its worker back until turn_at instead of holding it.

ALTER TABLE streams ADD COLUMN turn_at timestamptz;

-- What staff look at is read often. A row is one order or ticket, watched since a moment and until another.
CREATE TABLE watches (
  panel_id bigint NOT NULL REFERENCES panels (id) ON DELETE CASCADE,
  resource text NOT NULL,
  id       bigint NOT NULL,
  since    timestamptz NOT NULL,
  until    timestamptz NOT NULL,
  PRIMARY KEY (panel_id, resource, id)
);

-- The tail reads again what is over but may change all the same.
INSERT INTO stream_loops (panel_id, resource, loop, due_at)
SELECT panel_id, resource, 'tail', now() FROM streams WHERE resource IN ('orders', 'payments', 'users');

-- Each day of the last weeks is compared with its panel about daily. seen is how many orders the panel lists of the day
-- (in UTC), mirrored how many are here after the comparison; missing were not here before it, changed were here otherwise.
CREATE TABLE drift (
  panel_id   bigint NOT NULL REFERENCES panels (id) ON DELETE CASCADE,
  day        date NOT NULL,
  seen       int NOT NULL,
  mirrored   int NOT NULL,
  missing    int NOT NULL,
  changed    int NOT NULL,
  checked_at timestamptz NOT NULL,
  words      text NOT NULL,
  PRIMARY KEY (panel_id, day)
);

-- A panel that is down as a whole waits as a whole: until probe_at nothing calls it, then one cheap call tells.
ALTER TABLE panels ADD COLUMN probe_at timestamptz, ADD COLUMN probes int NOT NULL DEFAULT 0;

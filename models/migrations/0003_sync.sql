-- Why: what is due is derived from these rows, never from the queue, so that an emptied Redis loses nothing. A stream
-- (panel × resource) is leased by one worker at a time; the lease token fences a worker that was thought dead. Each
-- stream has loops (head, open, backfill) with a cursor and a due time of their own.

CREATE TABLE resources (
  name              text PRIMARY KEY,
  interval_seconds  int NOT NULL CHECK (interval_seconds BETWEEN 1 AND 86400),
  records_per_fetch int NOT NULL CHECK (records_per_fetch BETWEEN 1 AND 1000)
);
INSERT INTO resources VALUES
  ('orders', 10, 100), ('payments', 30, 100), ('users', 60, 100), ('tickets', 10, 100), ('services', 3600, 1000);

CREATE TABLE streams (
  panel_id        bigint NOT NULL REFERENCES panels (id) ON DELETE CASCADE,
  resource        text NOT NULL REFERENCES resources (name),
  status          text NOT NULL DEFAULT 'idle'
                  CHECK (status IN ('idle', 'running', 'backing_off', 'needs_key', 'broken', 'paused')),
  cached          bigint NOT NULL DEFAULT 0,
  lease_token     uuid,
  lease_until     timestamptz,
  last_attempt_at timestamptz,
  last_success_at timestamptz,
  failures        int NOT NULL DEFAULT 0,
  error_class     text NOT NULL DEFAULT '',
  error_words     text NOT NULL DEFAULT '',
  retry_at        timestamptz,
  PRIMARY KEY (panel_id, resource)
);

CREATE TABLE stream_loops (
  panel_id         bigint NOT NULL,
  resource         text NOT NULL,
  loop             text NOT NULL CHECK (loop IN ('head', 'open', 'tail', 'backfill')),
  due_at           timestamptz,
  interval_seconds int NOT NULL DEFAULT 0,
  interval_reason  text NOT NULL DEFAULT '',
  cursor           jsonb NOT NULL DEFAULT '{}',
  last_success_at  timestamptz,
  PRIMARY KEY (panel_id, resource, loop),
  FOREIGN KEY (panel_id, resource) REFERENCES streams ON DELETE CASCADE
);
CREATE INDEX stream_loops_due ON stream_loops (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE sync_runs (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  panel_id         bigint NOT NULL REFERENCES panels (id) ON DELETE CASCADE,
  resource         text NOT NULL,
  loop             text NOT NULL,
  started_at       timestamptz NOT NULL,
  finished_at      timestamptz NOT NULL,
  pages            int NOT NULL,
  calls            int NOT NULL,
  rows_new         int NOT NULL,
  rows_changed     int NOT NULL,
  rows_unchanged   int NOT NULL,
  rows_quarantined int NOT NULL,
  limited          int NOT NULL,
  outcome          text NOT NULL,
  error_words      text NOT NULL DEFAULT ''
);
CREATE INDEX sync_runs_stream ON sync_runs (panel_id, resource, id DESC);
CREATE INDEX sync_runs_finished_at ON sync_runs (finished_at);

-- A record that could not be understood waits here with its JSON (as text: it may not even be valid JSON) and the
-- page it came on goes through without it.
CREATE TABLE quarantine (
  panel_id  bigint NOT NULL REFERENCES panels (id) ON DELETE CASCADE,
  resource  text NOT NULL,
  record    text NOT NULL,
  raw       bytea NOT NULL,
  reason    text NOT NULL,
  first_at  timestamptz NOT NULL,
  last_at   timestamptz NOT NULL,
  PRIMARY KEY (panel_id, resource, record)
);

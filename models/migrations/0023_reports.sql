-- Why: who answers tickets sees first that a service does not deliver, and who buys it must know. A report says so until
-- somebody with the right has resolved it with a note. Its names are those of then: a service, an order and a staff member
-- may go, what was said about them stays.

CREATE TABLE reports (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  panel_id     bigint NOT NULL,
  service_id   bigint NOT NULL,
  service_name text NOT NULL,
  order_id     bigint NOT NULL DEFAULT 0,
  reason       text NOT NULL,
  reported_by  bigint NOT NULL,
  reporter     text NOT NULL,
  created_at   timestamptz NOT NULL,
  status       text NOT NULL CHECK (status IN ('open', 'resolved')),
  resolved_at  timestamptz,
  resolver     text NOT NULL DEFAULT '',
  note         text NOT NULL DEFAULT '',
  CHECK ((status = 'resolved') = (resolved_at IS NOT NULL))
);
CREATE INDEX reports_created ON reports (created_at DESC, panel_id DESC, id DESC);
CREATE INDEX reports_open ON reports (panel_id, service_id) WHERE status = 'open';
CREATE INDEX reports_open_order ON reports (panel_id, order_id) WHERE status = 'open' AND order_id <> 0;

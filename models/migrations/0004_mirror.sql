-- Why: the mirror of what panels say. Every table has the key (panel_id, id), because an id is only unique inside its
-- panel; the record as received (raw); a hash of it, so that unchanged rows are not rewritten; and fetched_at, the
-- moment the request left, so that an older answer never overwrites a newer one. No foreign keys between mirrored
-- tables: a mirror arrives out of order. Text columns that a panel may leave out are '' and not NULL: one spelling of
-- "none" keeps filters and keyset paging simple.

CREATE TABLE orders (
  panel_id      bigint NOT NULL,
  id            bigint NOT NULL,
  user_name     text NOT NULL,
  charge        numeric NOT NULL,
  currency      text NOT NULL,
  cost          numeric,
  cost_currency text NOT NULL,
  link          text NOT NULL,
  start_count   bigint,
  quantity      bigint NOT NULL,
  service_id    bigint NOT NULL,
  service_name  text NOT NULL,
  service_type  text NOT NULL,
  status        text NOT NULL,
  remains       bigint,
  mode          text NOT NULL,
  source        text NOT NULL,
  provider      text NOT NULL,
  external_id   text NOT NULL,
  created_at    timestamptz NOT NULL,
  updated_at    timestamptz,
  raw           jsonb NOT NULL,
  hash          bigint NOT NULL,
  fetched_at    timestamptz NOT NULL,
  changed_at    timestamptz NOT NULL,
  PRIMARY KEY (panel_id, id)
);
CREATE INDEX orders_created ON orders (created_at DESC, panel_id DESC, id DESC);
CREATE INDEX orders_panel_created ON orders (panel_id, created_at DESC, id DESC);
CREATE INDEX orders_status_created ON orders (status, created_at DESC, panel_id DESC, id DESC);
CREATE INDEX orders_service_created ON orders (service_id, created_at DESC, panel_id DESC, id DESC);
CREATE INDEX orders_user_created ON orders (lower(user_name) text_pattern_ops, created_at DESC);
CREATE INDEX orders_link ON orders USING hash (link);
CREATE INDEX orders_external_id ON orders (external_id) WHERE external_id <> '';
CREATE INDEX orders_open ON orders (panel_id, id) WHERE status NOT IN ('completed', 'partial', 'canceled');

CREATE TABLE payments (
  panel_id     bigint NOT NULL,
  id           bigint NOT NULL,
  user_name    text NOT NULL,
  user_balance numeric,
  amount       numeric NOT NULL,
  currency     text NOT NULL,
  method       text NOT NULL,
  status       text NOT NULL,
  risk         text NOT NULL,
  memo         text NOT NULL,
  mode         text NOT NULL,
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz,
  raw          jsonb NOT NULL,
  hash         bigint NOT NULL,
  fetched_at   timestamptz NOT NULL,
  changed_at   timestamptz NOT NULL,
  PRIMARY KEY (panel_id, id)
);
CREATE INDEX payments_created ON payments (created_at DESC, panel_id DESC, id DESC);
CREATE INDEX payments_panel_created ON payments (panel_id, created_at DESC, id DESC);
CREATE INDEX payments_user ON payments (lower(user_name) text_pattern_ops, created_at DESC);

CREATE TABLE users (
  panel_id     bigint NOT NULL,
  id           bigint NOT NULL,
  username     text NOT NULL,
  email        text NOT NULL,
  balance      numeric NOT NULL,
  spent        numeric NOT NULL,
  currency     text NOT NULL,
  status       text NOT NULL,
  discount     text NOT NULL,
  created_at   timestamptz NOT NULL,
  last_auth_at timestamptz,
  raw          jsonb NOT NULL,
  hash         bigint NOT NULL,
  fetched_at   timestamptz NOT NULL,
  changed_at   timestamptz NOT NULL,
  PRIMARY KEY (panel_id, id)
);
CREATE INDEX users_created ON users (created_at DESC, panel_id DESC, id DESC);
CREATE INDEX users_username ON users (lower(username) text_pattern_ops, panel_id);
CREATE INDEX users_email ON users (lower(email) text_pattern_ops);

-- messages_at is the last_update whose messages are stored; a ticket whose updated_at differs is read again.
-- waiting_since is the first customer message that nobody answered, NULL when none waits.
CREATE TABLE tickets (
  panel_id      bigint NOT NULL,
  id            bigint NOT NULL,
  user_id       bigint NOT NULL,
  user_name     text NOT NULL,
  subject       text NOT NULL,
  status        text NOT NULL,
  assignee      text NOT NULL,
  is_read       boolean NOT NULL,
  created_at    timestamptz NOT NULL,
  updated_at    timestamptz NOT NULL,
  messages_at   timestamptz,
  message_count int NOT NULL DEFAULT 0,
  waiting_since timestamptz,
  raw           jsonb NOT NULL,
  hash          bigint NOT NULL,
  fetched_at    timestamptz NOT NULL,
  changed_at    timestamptz NOT NULL,
  PRIMARY KEY (panel_id, id)
);
CREATE INDEX tickets_updated ON tickets (updated_at DESC, panel_id DESC, id DESC);
CREATE INDEX tickets_panel_updated ON tickets (panel_id, updated_at DESC, id DESC);
CREATE INDEX tickets_waiting ON tickets ((COALESCE(waiting_since, 'infinity')), panel_id, id);
CREATE INDEX tickets_unread_messages ON tickets (panel_id, updated_at DESC) WHERE messages_at IS DISTINCT FROM updated_at;
CREATE INDEX tickets_user ON tickets (lower(user_name) text_pattern_ops, updated_at DESC);

-- A message has no id on the panel: its place in the ticket is its key, and its content tells whether it changed.
CREATE TABLE ticket_messages (
  panel_id   bigint NOT NULL,
  ticket_id  bigint NOT NULL,
  position   int NOT NULL,
  sender     text NOT NULL,
  is_staff   boolean NOT NULL,
  body       text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (panel_id, ticket_id, position)
);

-- The panel's list of services is read whole, so here alone a row may be known to be gone.
CREATE TABLE services (
  panel_id   bigint NOT NULL,
  id         bigint NOT NULL,
  position   int NOT NULL,
  name       text NOT NULL,
  category   text NOT NULL,
  type       text NOT NULL,
  rate       numeric NOT NULL,
  min        bigint NOT NULL,
  max        bigint NOT NULL,
  refill     boolean NOT NULL,
  cancel     boolean NOT NULL,
  gone_at    timestamptz,
  raw        jsonb NOT NULL,
  hash       bigint NOT NULL,
  fetched_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (panel_id, id)
);
CREATE INDEX services_name ON services (lower(name) text_pattern_ops);

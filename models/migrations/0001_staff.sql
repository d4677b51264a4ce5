-- Why: people log in before anything else can happen. Sessions live here and not in Redis, because Redis may be
-- emptied at any moment and nobody may be logged out by that; so do the counters that slow down password guessing.

CREATE TABLE staff (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  username        text NOT NULL,
  password_hash   text NOT NULL,
  role            text NOT NULL CHECK (role IN ('owner', 'admin', 'agent', 'viewer')),
  all_panels      boolean NOT NULL DEFAULT false,
  disabled_at     timestamptz,
  time_zone       text NOT NULL DEFAULT 'UTC',
  theme           text NOT NULL DEFAULT 'system' CHECK (theme IN ('system', 'light', 'dark')),
  auto_refresh    boolean NOT NULL DEFAULT true,
  panel_selection bigint[] NOT NULL DEFAULT '{}',
  created_at      timestamptz NOT NULL,
  last_seen_at    timestamptz
);
CREATE UNIQUE INDEX staff_username_key ON staff (lower(username));

CREATE TABLE sessions (
  token_hash     bytea PRIMARY KEY,
  staff_id       bigint NOT NULL REFERENCES staff (id) ON DELETE CASCADE,
  created_at     timestamptz NOT NULL,
  last_active_at timestamptz NOT NULL,
  ip             text NOT NULL,
  user_agent     text NOT NULL
);
CREATE INDEX sessions_staff_id ON sessions (staff_id);

CREATE TABLE login_failures (
  key            text PRIMARY KEY,
  failures       int NOT NULL,
  last_failed_at timestamptz NOT NULL,
  blocked_until  timestamptz NOT NULL
);

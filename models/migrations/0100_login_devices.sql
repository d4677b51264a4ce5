-- Why: five wrong passwords from any address locked the owner out, and one request per 15 minutes kept it so. A device that
-- logged in before now has its own count of failures, and failures of other devices count per account and network. The limit
-- for an account as a whole is a budget that fills up over time, so that one network cannot use it up alone.

-- A browser whose cookie holds the token, for one member. Only the hash is stored.
CREATE TABLE login_devices (
  token_hash bytea NOT NULL,
  staff_id   bigint NOT NULL REFERENCES staff (id) ON DELETE CASCADE,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (token_hash, staff_id)
);
CREATE INDEX login_devices_staff ON login_devices (staff_id, expires_at);
CREATE INDEX login_devices_expiry ON login_devices (expires_at);

-- The device of a session, so that the end of a member's other sessions keeps the device of this one.
ALTER TABLE sessions ADD COLUMN device_hash bytea;

-- The tries of unknown devices at one account. A try moves full_at, the time at which the whole budget is available again.
CREATE TABLE login_budgets (
  key     text PRIMARY KEY,
  full_at timestamptz NOT NULL
);

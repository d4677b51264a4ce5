-- Why: a password alone, once lost, opens every shop. A second factor stands beside it; its seed is sealed, a code's time
-- step is kept so that no code works twice, and recovery codes are hashes that work once. How long a session lasts, and
-- whether everybody must have a second factor, are settings. A session that still waits for the code opens nothing; it is
-- a session all the same, so that whatever ends a person's sessions ends it too.

CREATE TABLE second_factors (
  staff_id     bigint PRIMARY KEY REFERENCES staff (id) ON DELETE CASCADE,
  seed_sealed  bytea NOT NULL,
  confirmed_at timestamptz, -- NULL until a first code has proved that the seed arrived
  last_step    bigint NOT NULL DEFAULT 0,
  created_at   timestamptz NOT NULL
);

CREATE TABLE recovery_codes (
  staff_id  bigint NOT NULL REFERENCES second_factors (staff_id) ON DELETE CASCADE,
  code_hash bytea NOT NULL,
  used_at   timestamptz,
  PRIMARY KEY (staff_id, code_hash)
);

CREATE TABLE login_settings (
  one                 boolean PRIMARY KEY DEFAULT true CHECK (one),
  idle_minutes        int NOT NULL DEFAULT 240 CHECK (idle_minutes BETWEEN 5 AND 1440),
  longest_minutes     int NOT NULL DEFAULT 840 CHECK (longest_minutes BETWEEN idle_minutes AND 10080),
  everybody_two_factor boolean NOT NULL DEFAULT false
);
INSERT INTO login_settings DEFAULT VALUES;

-- confirmed_at is when the person last proved who they are.
ALTER TABLE sessions
  ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY,
  ADD COLUMN awaits_code boolean NOT NULL DEFAULT false,
  ADD COLUMN confirmed_at timestamptz NOT NULL DEFAULT now();

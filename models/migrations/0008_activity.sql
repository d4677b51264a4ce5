-- Why: what staff do here is kept, and nobody rewrites it: the database itself refuses to change or empty the log, and
-- lets only rows go that are older than the log's own retention. Whoever shortens that leaves a row behind, and never
-- reaches the last 30 days. A row names its staff member and panel as numbers without a foreign key, because it outlives
-- both; 0 is no staff member (the command line, an unknown name) or no panel. changes is a list of {field, old, new} in
-- words, words what searching looks at.

CREATE TABLE activity (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at          timestamptz NOT NULL,
  staff_id    bigint NOT NULL,
  username    text NOT NULL,
  action      text NOT NULL,
  panel_id    bigint NOT NULL,
  object      text NOT NULL,
  object_ids  bigint[] NOT NULL,
  changes     jsonb NOT NULL CHECK (jsonb_typeof(changes) = 'array'),
  address     text NOT NULL,
  user_agent  text NOT NULL,
  device      text NOT NULL,
  result      text NOT NULL CHECK (result IN ('ok', 'refused', 'failed')),
  reason      text NOT NULL,
  words       text NOT NULL
);
CREATE INDEX activity_at ON activity (at DESC, panel_id DESC, id DESC);
CREATE INDEX activity_staff ON activity (staff_id, at DESC, panel_id DESC, id DESC);
CREATE INDEX activity_username ON activity (username, at DESC, panel_id DESC, id DESC);
CREATE INDEX activity_panel ON activity (panel_id, at DESC, id DESC);
CREATE INDEX activity_action ON activity (action, at DESC, panel_id DESC, id DESC);
CREATE INDEX activity_trouble ON activity (result, at DESC, panel_id DESC, id DESC) WHERE result <> 'ok';
CREATE INDEX activity_objects ON activity USING gin (object_ids);

CREATE TABLE activity_settings (
  one            boolean PRIMARY KEY DEFAULT true CHECK (one),
  retention_days int DEFAULT 730 CHECK (retention_days BETWEEN 30 AND 3650)
);
INSERT INTO activity_settings DEFAULT VALUES;

CREATE FUNCTION activity_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the activity log is only ever added to' USING ERRCODE = 'insufficient_privilege';
END $$;

-- The settings are named with their schema, or a temporary table of that name would come before them.
CREATE FUNCTION activity_ages() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  cutoff timestamptz;
BEGIN
  EXECUTE format('SELECT now() - make_interval(days => retention_days) FROM %I.activity_settings', TG_TABLE_SCHEMA) INTO cutoff;
  IF EXISTS (SELECT FROM gone WHERE cutoff IS NULL OR gone.at >= cutoff) THEN
    RAISE EXCEPTION 'the activity log keeps what is younger than its retention' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER activity_no_update BEFORE UPDATE ON activity EXECUTE FUNCTION activity_stays();
CREATE TRIGGER activity_no_truncate BEFORE TRUNCATE ON activity EXECUTE FUNCTION activity_stays();
CREATE TRIGGER activity_only_old AFTER DELETE ON activity REFERENCING OLD TABLE AS gone EXECUTE FUNCTION activity_ages();
ALTER TABLE activity ENABLE ALWAYS TRIGGER activity_no_update, ENABLE ALWAYS TRIGGER activity_no_truncate,
  ENABLE ALWAYS TRIGGER activity_only_old;

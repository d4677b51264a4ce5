-- Why: how hard panels are asked, how adaptively, and how long rows are kept is for admins to say, and applies to every
-- worker at once: workers read this row again every second. NULL days of retention keep rows for ever.

CREATE TABLE sync_settings (
  one                  boolean PRIMARY KEY DEFAULT true CHECK (one),
  calls_per_second     int NOT NULL DEFAULT 5 CHECK (calls_per_second BETWEEN 1 AND 5),
  staff_share          int NOT NULL DEFAULT 20 CHECK (staff_share BETWEEN 0 AND 80),
  min_interval_seconds int NOT NULL DEFAULT 10 CHECK (min_interval_seconds BETWEEN 1 AND 3600),
  max_interval_seconds int NOT NULL DEFAULT 3600 CHECK (max_interval_seconds BETWEEN 10 AND 86400),
  lookback_days        int NOT NULL DEFAULT 30 CHECK (lookback_days BETWEEN 1 AND 365),
  adaptive             boolean NOT NULL DEFAULT true,
  CHECK (min_interval_seconds <= max_interval_seconds)
);
INSERT INTO sync_settings DEFAULT VALUES;

ALTER TABLE resources ADD COLUMN retention_days int CHECK (retention_days BETWEEN 1 AND 3650);

-- Why: a stream can be read and yet not be whole: records are set aside, ids come twice, a history does not end. Each loop
-- says so in words of its own, which go when its next walk finds all well.

ALTER TABLE stream_loops ADD COLUMN trouble text NOT NULL DEFAULT '';

-- A history with more records than this is not read on until a person says so: a panel may invent records for ever.
ALTER TABLE sync_settings ADD COLUMN history_max int NOT NULL DEFAULT 5000000;

-- Why: what staff ask for with "refresh now" or "sync now" is read in their own lane, before everything that is read by
-- itself. The mark stays until that has been done, whatever becomes of the worker.

ALTER TABLE streams ADD COLUMN asked_at timestamptz;

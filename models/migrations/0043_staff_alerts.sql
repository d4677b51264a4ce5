-- Why: whoever works on other things meanwhile wants to hear that a customer waits, and not of every panel. What each
-- staff member chose is kept with them; nobody hears anything before they chose it.

ALTER TABLE staff
  ADD COLUMN alert_sound  boolean  NOT NULL DEFAULT false,
  ADD COLUMN alert_notify boolean  NOT NULL DEFAULT false,
  ADD COLUMN alert_muted  bigint[] NOT NULL DEFAULT '{}';

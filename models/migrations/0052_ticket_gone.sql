-- Why: a ticket can be deleted on its panel. The mirror keeps it as it was last read, because staff may still have to know
-- what was said, and says since when the panel does not know it any more; it is NULL again once the panel does.

ALTER TABLE tickets ADD gone_at timestamptz;

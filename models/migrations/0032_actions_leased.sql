-- Why: how many actions of a panel are worked on is asked for at every claim. With thousands of a batch waiting, that
-- must not look at all of them.
CREATE INDEX actions_leased ON actions (panel_id, lease_until) WHERE lease_token IS NOT NULL;

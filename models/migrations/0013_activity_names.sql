-- Why: the log is filtered by the name that a staff member had then, also one that acted rarely.

CREATE INDEX activity_username ON activity (username, at DESC, panel_id DESC, id DESC);

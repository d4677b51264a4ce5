-- Why: a user who is added to a panel needs a password. It waits sealed, apart from the action, whose row is read by many
-- and shown; and it is gone in the moment in which the action ends, whichever version of the program ends it.

CREATE TABLE action_secrets (
  action_id bigint PRIMARY KEY REFERENCES actions ON DELETE CASCADE,
  sealed    bytea NOT NULL
);

CREATE FUNCTION actions_forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM action_secrets WHERE action_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER actions_forget AFTER UPDATE ON actions FOR EACH ROW
  WHEN (NEW.ended_at IS NOT NULL AND NEW.kind = 'add_user') EXECUTE FUNCTION actions_forget();

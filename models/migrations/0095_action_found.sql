-- Why: the payments sync may find the payment of an action while an attempt to send it is under way. The sync then adds the
-- payment's id to found and changes nothing else, but actions_move refused each update of such a row, so that the id was lost.
-- Now it allows an update that changes found alone. The change of a state or of an attempt is as strict as before.

CREATE OR REPLACE FUNCTION actions_move() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE same actions := OLD;
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.ended_at IS NULL THEN
      RAISE EXCEPTION 'action % has not ended and stays', OLD.id USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN OLD;
  END IF;
  IF OLD.state = 'sending' AND NEW.state = 'sending' THEN
    same.found := NEW.found;
    IF same IS NOT DISTINCT FROM NEW THEN
      RETURN NEW;
    END IF;
  END IF;
  IF (OLD.state, NEW.state) NOT IN (
    ('queued', 'queued'), ('queued', 'sending'), ('queued', 'done'), ('queued', 'refused'), ('queued', 'cancelled'),
    ('sending', 'queued'), ('sending', 'done'), ('sending', 'refused'), ('sending', 'unconfirmed'),
    ('unconfirmed', 'unconfirmed'), ('unconfirmed', 'queued'), ('unconfirmed', 'done'), ('unconfirmed', 'refused'),
    ('unconfirmed', 'cancelled')
  ) THEN
    RAISE EXCEPTION 'action % cannot become % from %', OLD.id, NEW.state, OLD.state USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

-- Why: a single key can assign a ticket or mark it as done, and a person may press the wrong one. To undo it, the states of
-- its tickets before and after are stored here for the person who did it. A ticket that somebody changed after that stays.
-- A row is only useful while its note is on a screen, so each new one of a person deletes their old ones.

CREATE TABLE desk_undos (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  staff_id  bigint NOT NULL REFERENCES staff (id) ON DELETE CASCADE,
  at        timestamptz NOT NULL,
  words     text NOT NULL, -- of what was done, or after the undo of what came of it
  tickets   jsonb NOT NULL CHECK (jsonb_typeof(tickets) = 'array'),
  undone_at timestamptz
);
CREATE INDEX desk_undos_staff ON desk_undos (staff_id, at);

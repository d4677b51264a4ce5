-- Why: a role says what a staff member may do in general, and some things have a risk of their own: each of these may be
-- granted to one person or taken from them. Only what differs from the role is kept, so that it outlives a change of
-- role. A password that somebody else set is to be changed before anything else, and a staff member can be invited by a
-- link that works once; only its hash is stored, so that a copy of the table lets nobody in. A new link takes the place
-- of the one before. An owner works on all panels. password_hash is '' until the first password is set.

ALTER TABLE staff
  ADD COLUMN granted text[] NOT NULL DEFAULT '{}',
  ADD COLUMN taken text[] NOT NULL DEFAULT '{}',
  ADD COLUMN must_change_password boolean NOT NULL DEFAULT false;

UPDATE staff SET all_panels = true WHERE role = 'owner';

CREATE TABLE invitations (
  staff_id   bigint PRIMARY KEY REFERENCES staff (id) ON DELETE CASCADE,
  token_hash bytea NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX invitations_token_hash ON invitations (token_hash);

-- Why: one text goes to many tickets, filled for each. What was written for each is kept before anything is sent, so that
-- the same form sent again, or a server that stopped in between, goes on with the same words; and what became of each
-- ticket can be looked at afterwards, also of those that were left out. Actions may be forgotten earlier than this.

CREATE TABLE mass_replies (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  staff_id   bigint NOT NULL REFERENCES staff (id) ON DELETE CASCADE,
  key        text NOT NULL CHECK (key <> ''), -- the form's
  body       text NOT NULL,
  tickets    text NOT NULL, -- all that were chosen, as panel-id
  created_at timestamptz NOT NULL,
  UNIQUE (staff_id, key)
);

CREATE TABLE mass_reply_tickets (
  reply_id    bigint NOT NULL REFERENCES mass_replies (id) ON DELETE CASCADE,
  panel_id    bigint NOT NULL,
  id          bigint NOT NULL,
  place       int    NOT NULL,
  text        text   NOT NULL,
  messages    int    NOT NULL, -- how many the writer had seen
  seen_action bigint NOT NULL,
  action_id   bigint,          -- what was sent; null when nothing was
  problem     text   NOT NULL DEFAULT '', -- why nothing was sent
  PRIMARY KEY (reply_id, panel_id, id)
);

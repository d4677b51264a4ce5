-- Why: staff tell each other what a customer must not read. Notes are ours, are never sent to a panel, and say who wrote
-- them for as long as the ticket is there. A mention is a note that somebody is to see; seen_at is when they opened the
-- ticket after it was written.

CREATE TABLE ticket_notes (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  panel_id   bigint NOT NULL,
  ticket_id  bigint NOT NULL,
  staff_id   bigint NOT NULL,
  username   text NOT NULL, -- as it was then
  body       text NOT NULL,
  created_at timestamptz NOT NULL,
  FOREIGN KEY (panel_id, ticket_id) REFERENCES tickets (panel_id, id) ON DELETE CASCADE
);
CREATE INDEX ticket_notes_ticket ON ticket_notes (panel_id, ticket_id, id);

CREATE TABLE ticket_mentions (
  note_id  bigint NOT NULL REFERENCES ticket_notes (id) ON DELETE CASCADE,
  staff_id bigint NOT NULL REFERENCES staff (id) ON DELETE CASCADE,
  seen_at  timestamptz,
  PRIMARY KEY (note_id, staff_id)
);
CREATE INDEX ticket_mentions_unseen ON ticket_mentions (staff_id, note_id) WHERE seen_at IS NULL;

-- Why: what somebody types as a reply must outlive a refresh, another page, the end of their session and a reply that
-- could not be sent. So it is kept here as they type, one draft for each person and ticket.

CREATE TABLE ticket_drafts (
  panel_id   bigint NOT NULL,
  ticket_id  bigint NOT NULL,
  staff_id   bigint NOT NULL REFERENCES staff (id) ON DELETE CASCADE,
  body       text NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (panel_id, ticket_id, staff_id)
);

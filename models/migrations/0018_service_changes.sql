-- Why: what a panel sells changes without a word, and staff are asked why yesterday's price is gone. Whatever a read of the
-- list of services finds changed is kept here, a row for each field that changed; field is '' where the whole service came,
-- went or came back, and kind says which.
--
-- A payment's page says when its transaction reference was used before, on any panel. The reference is in the memo, and no
-- index found a memo that is equal; the one for searching finds parts of memos, at many times the cost.

CREATE TABLE service_changes (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  panel_id   bigint NOT NULL,
  service_id bigint NOT NULL,
  name       text NOT NULL,
  at         timestamptz NOT NULL,
  kind       text NOT NULL CHECK (kind IN ('new', 'removed', 'back', 'changed')),
  field      text NOT NULL,
  old        text NOT NULL,
  new        text NOT NULL
);
CREATE INDEX service_changes_panel ON service_changes (panel_id, id DESC);
CREATE INDEX service_changes_service ON service_changes (panel_id, service_id, id DESC);

CREATE INDEX payments_memo ON payments USING hash (memo) WHERE memo <> '';

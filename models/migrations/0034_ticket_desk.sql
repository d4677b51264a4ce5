-- Why: panels know a ticket's status and nothing of who works on it. Who does, what is done, put off or a duplicate is our
-- own state. It stands beside the mirror in a row that exists once somebody did something; nothing here is ever sent to a
-- panel or read from one.
--
-- settled is how many messages, from the first, were dealt with by a reply of ours or by "done"; snoozed_through is how
-- many there were when the ticket was put off. They are numbers of messages and no times, because a panel's clock is not
-- ours and what staff had not seen must come back.
--
-- What lists filter, sort and count by is kept on the ticket, in the transaction that changes it: queue is where it stands
-- at our desk, holder the username of who has it, due_since since when it wants us, and place both, for the tabs' numbers.

CREATE TABLE ticket_desk (
  panel_id        bigint NOT NULL,
  ticket_id       bigint NOT NULL,
  assignee_id     bigint, -- a staff member
  assigned_at     timestamptz,
  touched_at      timestamptz, -- when who has it last did something to it
  settled         int NOT NULL DEFAULT 0,
  done_at         timestamptz,
  done_by         bigint,
  snoozed_at      timestamptz,
  snoozed_by      bigint,
  snoozed_until   timestamptz, -- NULL while snoozed: until the customer writes, or one of the orders changes
  snoozed_through int NOT NULL DEFAULT 0,
  snoozed_orders  bigint[] NOT NULL DEFAULT '{}',
  snoozed_states  text[] NOT NULL DEFAULT '{}', -- of those orders then
  woken_at        timestamptz, -- when it came back from being put off, until somebody answers it
  woken_why       text NOT NULL DEFAULT '',
  linked_to       bigint, -- the ticket of the same panel that this is a duplicate of
  PRIMARY KEY (panel_id, ticket_id),
  FOREIGN KEY (panel_id, ticket_id) REFERENCES tickets (panel_id, id) ON DELETE CASCADE,
  CHECK ((assignee_id IS NULL) = (assigned_at IS NULL)),
  CHECK (cardinality(snoozed_orders) = cardinality(snoozed_states)),
  CHECK (linked_to <> ticket_id)
);
CREATE INDEX ticket_desk_until ON ticket_desk (snoozed_until) WHERE snoozed_until IS NOT NULL;
CREATE INDEX ticket_desk_orders ON ticket_desk (panel_id) WHERE snoozed_orders <> '{}';
CREATE INDEX ticket_desk_assignee ON ticket_desk (assignee_id) WHERE assignee_id IS NOT NULL;
CREATE INDEX ticket_desk_linked ON ticket_desk (panel_id, linked_to) WHERE linked_to IS NOT NULL;

CREATE TABLE ticket_settings (
  one            boolean PRIMARY KEY DEFAULT true CHECK (one),
  warn_minutes   int NOT NULL, -- of waiting, from which it is shown as long
  late_minutes   int NOT NULL, -- of waiting, from which it is shown as too long
  return_minutes int NOT NULL  -- of silence, after which a ticket is nobody's again; 0 for never
);
INSERT INTO ticket_settings (warn_minutes, late_minutes, return_minutes) VALUES (15, 60, 60);

DROP TRIGGER count_added ON tickets;
DROP TRIGGER count_changed ON tickets;
DROP TRIGGER count_gone ON tickets;

ALTER TABLE tickets
  ADD queue text NOT NULL DEFAULT 'answered' CHECK (queue IN ('waiting', 'answered', 'snoozed', 'done', 'closed')),
  ADD holder text NOT NULL DEFAULT '',
  ADD due_since timestamptz,
  ADD place text NOT NULL GENERATED ALWAYS AS (queue || ' ' || holder) STORED;
UPDATE tickets SET due_since = waiting_since, queue = CASE WHEN waiting_since IS NOT NULL THEN 'waiting' ELSE 'closed' END
WHERE waiting_since IS NOT NULL OR status IN ('closed', 'locked');

CREATE INDEX tickets_due ON tickets ((COALESCE(due_since, 'infinity')), panel_id, id);
CREATE INDEX tickets_panel_due ON tickets (panel_id, (COALESCE(due_since, 'infinity')), id);
CREATE INDEX tickets_queue_due ON tickets (queue, (COALESCE(due_since, 'infinity')), panel_id, id);
CREATE INDEX tickets_holder_due ON tickets (holder, (COALESCE(due_since, 'infinity')), panel_id, id) WHERE holder <> '';
CREATE INDEX tickets_mine ON tickets (holder, (COALESCE(due_since, 'infinity')), panel_id, id)
  WHERE holder <> '' AND queue IN ('waiting', 'answered');
-- What a program of before wrote while this one was being started; see TicketsToMind.
CREATE INDEX tickets_unminded ON tickets (panel_id) WHERE waiting_since IS NOT NULL AND queue = 'answered';
DROP INDEX tickets_waiting;

DO $$
DECLARE
  facets text := '(''status'', t.status, ''''), (''assignee'', t.assignee, ''''), (''holder'', t.holder, ''''), (''place'', t.place, '''')';
BEGIN
  EXECUTE format('CREATE TRIGGER count_added AFTER INSERT ON tickets REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_rows(%L)', facets);
  EXECUTE format('CREATE TRIGGER count_changed AFTER UPDATE ON tickets REFERENCING OLD TABLE AS gone NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_rows(%L)', facets);
  EXECUTE format('CREATE TRIGGER count_gone AFTER DELETE ON tickets REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION count_rows(%L)', facets);
  PERFORM recount('tickets', facets);
END $$;
ANALYZE tickets;

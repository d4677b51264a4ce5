-- Why: every few seconds it is looked at which tickets are held by somebody who may no longer work on them. Holders
-- are few where tickets are hundreds of thousands; this index steps from one holder to the next, and to the tickets of one
-- on a panel. The second finds the notes that name somebody, seen or not: their tickets have a tab of their own.

CREATE INDEX ticket_desk_holders ON ticket_desk (assignee_id, panel_id) WHERE assignee_id IS NOT NULL;
DROP INDEX ticket_desk_assignee;
CREATE INDEX ticket_mentions_staff ON ticket_mentions (staff_id, note_id);

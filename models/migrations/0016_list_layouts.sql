-- Why: each member of staff has each list as they work with it: which columns, in which order, how dense. It stands with
-- the person, who is read with every request anyway, so that a list costs no statement more.

ALTER TABLE staff ADD COLUMN list_layouts jsonb NOT NULL DEFAULT '{}';

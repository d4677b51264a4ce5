-- Why: tabs and pickers show how many rows have each value, and no page view may count five million rows. These counts
-- are kept by the statements that change rows, whatever sends them, and committed with them, so they are always exact.
--
-- A statement does not update a count, it adds a row to list_changes: writers then never wait for one another, nor lock
-- each other out. FoldCounts moves those rows into list_counts from time to time; whoever reads adds up both. A page of
-- 1,000 new orders leaves some 250 rows there and takes 3 % longer.

CREATE TABLE list_counts (
  list     text NOT NULL,
  facet    text NOT NULL,
  panel_id bigint NOT NULL,
  value    text NOT NULL,
  label    text NOT NULL,
  n        bigint NOT NULL,
  PRIMARY KEY (list, facet, panel_id, value)
) WITH (fillfactor = 70);

CREATE TABLE list_changes (
  list     text NOT NULL,
  facet    text NOT NULL,
  panel_id bigint NOT NULL,
  value    text NOT NULL,
  label    text NOT NULL,
  n        bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
CREATE INDEX list_changes_list ON list_changes (list, facet);

-- count_rows notes what a statement did to the numbers of a table's rows. Its argument are the facets: for each the
-- name of its column, its value in a row t, and what that value is called, '' when it is its own name.
CREATE FUNCTION count_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format(
    'INSERT INTO list_changes (list, facet, panel_id, value, label, n)
     SELECT %L, facet, panel_id, value, max(label), sum(sign)
     FROM (%s) AS t CROSS JOIN LATERAL (VALUES %s) AS f (facet, value, label)
     GROUP BY facet, panel_id, value HAVING sum(sign) <> 0',
    TG_TABLE_NAME,
    CASE TG_OP
      WHEN 'INSERT' THEN 'SELECT 1 AS sign, * FROM added'
      WHEN 'DELETE' THEN 'SELECT -1 AS sign, * FROM gone'
      ELSE 'SELECT 1 AS sign, * FROM added UNION ALL SELECT -1, * FROM gone'
    END,
    TG_ARGV[0]);
  RETURN NULL;
END $$;

-- recount counts a table's rows anew, as after a restore that left triggers out. Writers wait meanwhile.
CREATE FUNCTION recount(list text, facets text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('LOCK TABLE %I IN SHARE MODE', list);
  DELETE FROM list_counts AS c WHERE c.list = recount.list;
  DELETE FROM list_changes AS c WHERE c.list = recount.list;
  EXECUTE format(
    'INSERT INTO list_counts (list, facet, panel_id, value, label, n)
     SELECT %1$L, facet, panel_id, value, max(label), count(*)
     FROM %1$I AS t CROSS JOIN LATERAL (VALUES %2$s) AS f (facet, value, label)
     GROUP BY facet, panel_id, value', list, facets);
END $$;

DO $$
DECLARE
  of record;
BEGIN
  FOR of IN VALUES
    ('orders', '(''status'', t.status, ''''), (''mode'', t.mode, ''''), (''source'', t.source, ''''),
      (''provider'', t.provider, ''''), (''service_id'', t.service_id::text, t.service_name)'),
    ('payments', '(''status'', t.status, ''''), (''method'', t.method, ''''), (''risk'', t.risk, ''''), (''mode'', t.mode, '''')'),
    ('users', '(''status'', t.status, '''')'),
    ('tickets', '(''status'', t.status, ''''), (''assignee'', t.assignee, '''')')
  LOOP
    EXECUTE format('CREATE TRIGGER count_added AFTER INSERT ON %I REFERENCING NEW TABLE AS added
      FOR EACH STATEMENT EXECUTE FUNCTION count_rows(%L)', of.column1, of.column2);
    EXECUTE format('CREATE TRIGGER count_changed AFTER UPDATE ON %I REFERENCING OLD TABLE AS gone NEW TABLE AS added
      FOR EACH STATEMENT EXECUTE FUNCTION count_rows(%L)', of.column1, of.column2);
    EXECUTE format('CREATE TRIGGER count_gone AFTER DELETE ON %I REFERENCING OLD TABLE AS gone
      FOR EACH STATEMENT EXECUTE FUNCTION count_rows(%L)', of.column1, of.column2);
    PERFORM recount(of.column1, of.column2);
  END LOOP;
END $$;

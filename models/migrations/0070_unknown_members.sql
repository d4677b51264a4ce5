-- Why: nobody outside knows a panel's members for certain, so a record needs its id and nothing else to be listed. An amount,
-- a user, a status or a time that is unknown is NULL, and never 0.00 or the year 1. Only created_at stays NOT NULL, because
-- lists are sorted by it: of an undated row it is when the row was first seen.
--
-- misread names the members that were not understood, with commas between. Nothing counts them as rows come in: the partial
-- indexes hold the rows that have any, so a panel without surprises pays nothing, and the numbers follow from the rows.

ALTER TABLE orders
  ALTER user_name DROP NOT NULL, ALTER charge DROP NOT NULL, ALTER quantity DROP NOT NULL, ALTER status DROP NOT NULL,
  ADD undated boolean NOT NULL DEFAULT false, ADD misread text NOT NULL DEFAULT '';
ALTER TABLE payments
  ALTER user_name DROP NOT NULL, ALTER amount DROP NOT NULL, ALTER status DROP NOT NULL,
  ADD undated boolean NOT NULL DEFAULT false, ADD misread text NOT NULL DEFAULT '';
ALTER TABLE users
  ALTER username DROP NOT NULL, ALTER balance DROP NOT NULL, ALTER spent DROP NOT NULL, ALTER status DROP NOT NULL,
  ADD undated boolean NOT NULL DEFAULT false, ADD misread text NOT NULL DEFAULT '';
-- updated_at of a ticket tells which messages to read, so it too has a value always; of an undated update it is when the
-- record was last seen to change.
ALTER TABLE tickets
  ALTER user_name DROP NOT NULL, ALTER status DROP NOT NULL,
  ADD undated boolean NOT NULL DEFAULT false, ADD undated_update boolean NOT NULL DEFAULT false, ADD misread text NOT NULL DEFAULT '';
ALTER TABLE ticket_messages
  ALTER sender DROP NOT NULL, ALTER created_at DROP NOT NULL, ADD misread text NOT NULL DEFAULT '';
ALTER TABLE services
  ALTER rate DROP NOT NULL, ALTER min DROP NOT NULL, ALTER max DROP NOT NULL, ADD misread text NOT NULL DEFAULT '';

CREATE INDEX orders_misread ON orders (panel_id, misread, id) WHERE misread <> '';
CREATE INDEX payments_misread ON payments (panel_id, misread, id) WHERE misread <> '';
CREATE INDEX users_misread ON users (panel_id, misread, id) WHERE misread <> '';
CREATE INDEX tickets_misread ON tickets (panel_id, misread, id) WHERE misread <> '';
CREATE INDEX ticket_messages_misread ON ticket_messages (panel_id, misread, ticket_id) WHERE misread <> '';
CREATE INDEX services_misread ON services (panel_id, misread, id) WHERE misread <> '';

-- An order whose status is unknown may still change.
DROP INDEX orders_open;
CREATE INDEX orders_open ON orders (panel_id, id) WHERE coalesce(status, '') NOT IN ('completed', 'partial', 'canceled');

-- Rows of unknown amounts come last, whichever way a list is sorted.
CREATE INDEX orders_unknown_charge ON orders (panel_id, id) WHERE charge IS NULL;
CREATE INDEX payments_unknown_amount ON payments (panel_id, id) WHERE amount IS NULL;
CREATE INDEX users_unknown_balance ON users (panel_id, id) WHERE balance IS NULL;
CREATE INDEX users_unknown_spent ON users (panel_id, id) WHERE spent IS NULL;
CREATE INDEX users_unknown_name ON users (panel_id, id) WHERE username IS NULL;

-- The totals of deleted rows say how many amounts are in none of them.
ALTER TABLE purged_days ADD unknown bigint NOT NULL DEFAULT 0;

-- What was set aside is known by the hash of the record, so that no record is tried again until it differs.
ALTER TABLE quarantine ADD hash bigint NOT NULL DEFAULT 0;

-- The counts kept of lists know no NULL: an unknown status is counted as ''. As in 0049, where this is explained.
CREATE FUNCTION count_statement(list text, facets text[], named text, name text, query text) RETURNS text LANGUAGE sql AS $$
  SELECT format(
    'INSERT INTO list_deltas (list, facet, panel_id, value, label, n)
      SELECT %L, facet, panel_id, array_agg(value), array_agg(label), array_agg(n)
      FROM (SELECT CASE %s END AS facet, panel_id, CASE %s END AS value, %s AS label, sum(sign) AS n
        FROM (%s) AS t GROUP BY GROUPING SETS (%s) HAVING sum(sign) <> 0) AS counted
      GROUP BY facet, panel_id;',
    list, string_agg(format('WHEN grouping(%1$I) = 0 THEN %1$L', facet), ' '),
    string_agg(format('WHEN grouping(%1$I) = 0 THEN coalesce(%1$I::text, '''')', facet), ' '),
    CASE named WHEN '' THEN '''''' ELSE format('CASE grouping(%I) WHEN 0 THEN max(%I) ELSE '''' END', named, name) END,
    query, string_agg(format('(panel_id, %I)', facet), ', '))
  FROM unnest(facets) AS facet
$$;

DO $do$
DECLARE
  of record;
  columns text;
  counted text;
BEGIN
  FOR of IN SELECT * FROM (VALUES
    ('orders', ARRAY['status', 'mode', 'source', 'provider', 'service_id'], 'service_id', 'service_name'),
    ('payments', ARRAY['status', 'method', 'risk', 'mode'], '', ''),
    ('users', ARRAY['status'], '', ''),
    ('tickets', ARRAY['status', 'assignee', 'holder', 'place'], '', '')) AS kept (list, facets, named, name)
  LOOP
    columns := array_to_string(of.facets || nullif(of.name, ''), ', ');
    EXECUTE format('CREATE OR REPLACE FUNCTION %I() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        CASE TG_OP
          WHEN ''INSERT'' THEN %s
          WHEN ''DELETE'' THEN %s
          ELSE %s
        END CASE;
        RETURN NULL;
      END $$',
      'count_' || of.list,
      count_statement(of.list, of.facets, of.named, of.name, format('SELECT 1 AS sign, panel_id, %s FROM added', columns)),
      count_statement(of.list, of.facets, of.named, of.name, format('SELECT -1 AS sign, panel_id, %s FROM gone', columns)),
      count_statement(of.list, of.facets, of.named, of.name,
        format('SELECT 1 AS sign, panel_id, %1$s FROM added UNION ALL SELECT -1, panel_id, %1$s FROM gone', columns)));
    SELECT string_agg(format('(%1$L, coalesce(t.%1$I::text, ''''), %2$s)', facet,
      CASE facet WHEN of.named THEN 't.' || of.name ELSE '''''' END), ', ') INTO counted FROM unnest(of.facets) AS facet;
    EXECUTE format('DROP TRIGGER count_added ON %1$I; DROP TRIGGER count_changed ON %1$I; DROP TRIGGER count_gone ON %1$I', of.list);
    EXECUTE format('CREATE TRIGGER count_added AFTER INSERT ON %I REFERENCING NEW TABLE AS added
      FOR EACH STATEMENT EXECUTE FUNCTION %I(%L)', of.list, 'count_' || of.list, counted);
    EXECUTE format('CREATE TRIGGER count_changed AFTER UPDATE ON %I REFERENCING OLD TABLE AS gone NEW TABLE AS added
      FOR EACH STATEMENT EXECUTE FUNCTION %I(%L)', of.list, 'count_' || of.list, counted);
    EXECUTE format('CREATE TRIGGER count_gone AFTER DELETE ON %I REFERENCING OLD TABLE AS gone
      FOR EACH STATEMENT EXECUTE FUNCTION %I(%L)', of.list, 'count_' || of.list, counted);
  END LOOP;
END $do$;
DROP FUNCTION count_statement(text, text[], text, text, text);

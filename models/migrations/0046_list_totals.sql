-- Why: whoever sees all panels got a picker's numbers by adding up those of every panel: with forty panels and nine hundred
-- services 36,000 numbers, and ever more of them while small panels sell their first of a service. list_totals holds the
-- sums. It follows list_counts, which only FoldCounts and recount write, so no writer of the mirror does more than before,
-- and the program of before keeps it right without knowing.

CREATE TABLE list_totals (
  list  text NOT NULL,
  facet text NOT NULL,
  value text NOT NULL,
  label text NOT NULL,
  n     bigint NOT NULL,
  PRIMARY KEY (list, facet, value)
) WITH (fillfactor = 70);

-- In the order of the key, so that two who write do not lock each other out.
CREATE FUNCTION total_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format(
    'INSERT INTO list_totals AS t (list, facet, value, label, n)
     SELECT list, facet, value, max(label), sum(sign * n) FROM (%s) AS c GROUP BY list, facet, value ORDER BY list, facet, value
     ON CONFLICT (list, facet, value) DO UPDATE SET n = t.n + EXCLUDED.n, label = greatest(t.label, EXCLUDED.label)',
    CASE TG_OP
      WHEN 'INSERT' THEN 'SELECT 1 AS sign, * FROM added'
      WHEN 'DELETE' THEN 'SELECT -1 AS sign, * FROM gone'
      ELSE 'SELECT 1 AS sign, * FROM added UNION ALL SELECT -1, * FROM gone'
    END);
  RETURN NULL;
END $$;

CREATE TRIGGER total_added AFTER INSERT ON list_counts REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION total_counts();
CREATE TRIGGER total_changed AFTER UPDATE ON list_counts REFERENCING OLD TABLE AS gone NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION total_counts();
CREATE TRIGGER total_gone AFTER DELETE ON list_counts REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION total_counts();

INSERT INTO list_totals (list, facet, value, label, n)
SELECT list, facet, value, max(label), sum(n) FROM list_counts GROUP BY list, facet, value;

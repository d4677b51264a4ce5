-- Why: one target has many links (with www, from a phone, with tracking parameters), and orders on it meet by one key that
-- package linkkey computes from the link. link_key holds 64 bits of that key's hash; NULL means that no program computed it
-- yet. The index replaces the one on equal links: it costs about the same to write, and it gives the newest orders first.

ALTER TABLE orders ADD COLUMN link_key bigint;
DROP INDEX orders_link;
CREATE INDEX orders_link_key ON orders (link_key, created_at DESC);

-- link_rekeying is where the worker stands that computes the keys of stored orders, newest first: for which rule, in which
-- pass, and which order it read last. The second pass finds orders that an earlier version of the program wrote meanwhile.
CREATE TABLE link_rekeying (
  single     boolean PRIMARY KEY DEFAULT true CHECK (single),
  rule       integer NOT NULL DEFAULT 0,
  pass       integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT 'infinity',
  panel_id   bigint NOT NULL DEFAULT 0,
  id         bigint NOT NULL DEFAULT 0,
  ended_at   timestamptz
);
INSERT INTO link_rekeying (rule, ended_at) SELECT CASE WHEN EXISTS (SELECT FROM orders) THEN 0 ELSE 1 END,
  CASE WHEN NOT EXISTS (SELECT FROM orders) THEN now() END;

-- Why: a ticket may name an order that the mirror does not hold, because it is older than what is kept or has not been
-- read yet. Such an order is asked of its panel by its id, once in a while and not each time that somebody looks at the
-- ticket: most of these numbers are no orders at all.

CREATE TABLE order_lookups (
  panel_id bigint NOT NULL,
  id       bigint NOT NULL,
  asked_at timestamptz NOT NULL,
  PRIMARY KEY (panel_id, id)
);

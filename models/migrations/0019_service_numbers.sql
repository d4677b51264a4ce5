-- Why: staff ask which service makes trouble. How many orders a service had in 30 days, and how many of them ended partial,
-- canceled or failed, is counted every few minutes and kept beside each, so that the list can show it and be
-- sorted by it without looking at an order. Whatever reads or writes services by name goes on as before.

ALTER TABLE services ADD COLUMN orders_30d bigint NOT NULL DEFAULT 0, ADD COLUMN problems_30d bigint NOT NULL DEFAULT 0;
CREATE INDEX services_orders_30d ON services (orders_30d DESC, panel_id DESC, id DESC);
CREATE INDEX services_problems_30d ON services (problems_30d DESC, panel_id DESC, id DESC);

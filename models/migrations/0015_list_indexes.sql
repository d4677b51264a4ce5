-- Why: every filter and order of a list is answered from an index at five million rows, the search inside texts too.
-- That one needs pg_trgm, which is part of PostgreSQL and since 13 may be created by a database's owner. Where it is
-- missing or forbidden everything else works, and only recent rows are searched; to have all of them: CREATE EXTENSION
-- pg_trgm, then the three indexes at the end by hand.
--
-- What they weigh at 5,000,000 orders: each of the plain ones 140 to 320 MB and about as long to write as its
-- neighbours; the one on links 520 MB and half of what writing costs, three times that without its list of pending
-- entries, which is kept short because every search goes through it. Sorting by quantity has none and is not offered.

CREATE INDEX orders_provider_created ON orders (provider, created_at DESC, panel_id DESC, id DESC);
CREATE INDEX orders_charge ON orders (charge DESC, panel_id DESC, id DESC);
CREATE INDEX orders_id ON orders (id DESC, panel_id DESC);
-- The mode comes last: it does not order anything, but rows of the wrong one are passed over without being read.
DROP INDEX orders_service_created;
CREATE INDEX orders_service_created ON orders (service_id, created_at DESC, panel_id DESC, id DESC, mode);

CREATE INDEX users_id ON users (id DESC, panel_id DESC);
CREATE INDEX users_balance ON users (balance DESC, panel_id DESC, id DESC);
CREATE INDEX users_spent ON users (spent DESC, panel_id DESC, id DESC);
CREATE INDEX users_last_auth ON users ((COALESCE(last_auth_at, 'epoch')) DESC, panel_id DESC, id DESC);
CREATE INDEX payments_amount ON payments (amount DESC, panel_id DESC, id DESC);
CREATE INDEX payments_updated ON payments ((COALESCE(updated_at, created_at)) DESC, panel_id DESC, id DESC);

-- bare_link is a link without its scheme, which almost all of them share.
CREATE FUNCTION bare_link(link text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT CASE WHEN strpos(link, '://') > 0 THEN substr(link, strpos(link, '://') + 3) ELSE link END $$;

DO $$
DECLARE
  there text;
BEGIN
  BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
  EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'pg_trgm cannot be created, so links, memos and subjects are searched among recent rows only: %', SQLERRM;
  END;
  SELECT nspname INTO there FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'pg_trgm';
  IF there IS NULL THEN
    RETURN;
  END IF;
  EXECUTE format('CREATE INDEX orders_link_trigrams ON orders USING gin (bare_link(link) %I.gin_trgm_ops) WITH (gin_pending_list_limit = 1024)', there);
  EXECUTE format('CREATE INDEX payments_memo_trigrams ON payments USING gin (memo %I.gin_trgm_ops) WITH (gin_pending_list_limit = 1024)', there);
  EXECUTE format('CREATE INDEX tickets_subject_trigrams ON tickets USING gin (subject %I.gin_trgm_ops) WITH (gin_pending_list_limit = 1024)', there);
  -- How frequent a text is decides between these and reading rows in order; the usual sample is too coarse to tell.
  ALTER INDEX orders_link_trigrams ALTER COLUMN 1 SET STATISTICS 1000;
END $$;
ALTER INDEX orders_user_created ALTER COLUMN 1 SET STATISTICS 1000;
ANALYZE orders, payments, tickets;

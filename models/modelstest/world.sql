-- A world as a platform of forty shops has it, the same at every run: nothing in it is drawn, everything is hashed from
-- the row's own key. world.orders says how many orders there are in all; the rest is in proportion. Rows lie panel by
-- panel, as a first sync leaves them.

-- share is a number in [0, 1) that belongs to a key; salt makes several of it.
CREATE FUNCTION pg_temp.share(key bigint, salt int) RETURNS float8 LANGUAGE sql IMMUTABLE AS
  'SELECT (hashint8extended(key, salt) & 9007199254740991)::float8 / 9007199254740992';

-- The largest panel has a quarter of all, by Zipf; the last has hardly anything.
CREATE TEMP TABLE shops AS
WITH ranked AS (
  SELECT id, CASE WHEN place = count(*) OVER () THEN 0.0004 ELSE 1.0 / place END AS weight
  FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM panels) AS panel)
SELECT id, greatest(1, round(current_setting('world.orders')::bigint * weight / sum(weight) OVER ()))::bigint AS orders
FROM ranked;
ALTER TABLE shops ADD users bigint, ADD payments bigint, ADD tickets bigint;
UPDATE shops SET users = greatest(1, orders / 10), payments = greatest(1, orders / 5), tickets = greatest(1, orders * 6 / 100);

-- Of a shop's customers the first order most. Their names begin alike: a prefix finds from a handful to a twentieth.
CREATE FUNCTION pg_temp.customer(panel bigint, number bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT (ARRAY['anna', 'mehmet', 'ali', 'john', 'maria', 'ahmed', 'olga', 'ivan', 'smm', 'media', 'social', 'boost', 'lucas',
    'fatma', 'nguyen', 'rahul', 'priya', 'chen', 'kim', 'sara', 'david', 'leila', 'omar', 'elena', 'reseller'])
    [1 + (pg_temp.share(panel * 10000000 + number, 1) * 25)::int % 25] || number $$;

-- A customer orders again and again for a few links of their own.
CREATE FUNCTION pg_temp.link(owner bigint, number int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN site < 0.25 THEN 'https://www.instagram.com/p/' || left(code, 11) || '/'
    WHEN site < 0.45 THEN 'https://instagram.com/' || lower(left(code, 9))
    WHEN site < 0.65 THEN 'https://www.tiktok.com/@' || lower(left(code, 7)) || '/video/7' || (pg_temp.share(owner, 3 + number) * 1e18)::bigint
    WHEN site < 0.80 THEN 'https://youtu.be/' || left(code, 11)
    WHEN site < 0.90 THEN 'https://t.me/' || lower(left(code, 8)) || '/' || 1 + number * 7
    WHEN site < 0.95 THEN 'https://x.com/' || lower(left(code, 8)) || '/status/1' || (pg_temp.share(owner, 3 + number) * 1e17)::bigint
    WHEN site < 0.98 THEN 'https://www.facebook.com/' || lower(left(code, 10))
    ELSE 'https://open.spotify.com/track/' || left(code, 22) END
  FROM (SELECT pg_temp.share(owner, 2) AS site,
    translate(encode(decode(md5(owner || ' ' || number), 'hex'), 'base64'), '+/=', 'aZ') AS code) AS drawn $$;

-- The hash of what such a link leads to, as package linkkey has it.
CREATE FUNCTION pg_temp.link_key(link text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT ('x' || encode(substr(sha256(convert_to(regexp_replace(regexp_replace(regexp_replace(regexp_replace(link,
    '^https://(www\.)?|/$', '', 'g'), '^(tiktok.com)/@[^/]*/', '\1/'), '^youtu.be/', 'youtube.com/watch?v='),
    '^(x.com)/[^/]*/', '\1/i/'), 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint $$;

INSERT INTO users (panel_id, id, username, email, balance, spent, currency, status, discount, created_at, last_auth_at,
  raw, hash, fetched_at, changed_at)
SELECT shop.id, n, name, name || '@' || (ARRAY['gmail.com', 'mail.ru', 'hotmail.com', 'yahoo.com'])[1 + n % 4],
  round((pg_temp.share(n, 11) ^ 6 * 1000)::numeric, 2), round((pg_temp.share(n, 12) ^ 6 * 50000)::numeric, 2), 'USD',
  CASE WHEN n % 50 = 0 THEN 'suspended' ELSE 'active' END, CASE WHEN n % 9 = 0 THEN '5%' ELSE '' END,
  timestamptz '2026-03-01' - interval '1095 days' * (1 - n::float8 / shop.users),
  CASE WHEN n % 5 > 0 THEN timestamptz '2026-03-01' - interval '400 days' * pg_temp.share(n, 13) END,
  jsonb_build_object('id', n, 'username', name), hashint8extended(n, 14), '2026-03-01', '2026-03-01'
FROM shops AS shop CROSS JOIN generate_series(1, shop.users) AS n CROSS JOIN LATERAL pg_temp.customer(shop.id, n) AS name;

INSERT INTO orders (panel_id, id, user_name, charge, currency, cost, cost_currency, link, start_count, quantity, service_id,
  service_name, service_type, status, remains, mode, source, provider, external_id, created_at, updated_at, link_key,
  raw, hash, fetched_at, changed_at)
SELECT panel_id, id, user_name, charge, 'USD', CASE WHEN manual THEN NULL ELSE round(charge * 0.6, 4) END,
  CASE WHEN manual THEN '' ELSE 'USD' END, link, quantity * 3, quantity, service_id, service_name, 'default', status,
  CASE status WHEN 'completed' THEN 0 ELSE quantity / 3 END, CASE WHEN manual THEN 'manual' ELSE 'auto' END, source, provider,
  external_id, created_at, NULL, pg_temp.link_key(link),
  jsonb_build_object('id', id, 'external_id', external_id, 'user', user_name, 'creation_type', source,
    'charge', jsonb_build_object('value', charge::text, 'currency_code', 'USD', 'formatted', '$' || charge),
    'provider_charge', jsonb_build_object('value', round(charge * 0.6, 4)::text, 'currency_code', 'USD'),
    'link', link, 'quantity', quantity, 'service_id', service_id, 'service_name', service_name, 'provider', provider,
    'status', status, 'created_timestamp', extract(epoch FROM created_at)::bigint),
  hashint8extended(key, 30), '2026-03-01', '2026-03-01'
FROM (
  SELECT shop.id AS panel_id, n AS id, key, pg_temp.customer(shop.id, customer) AS user_name,
    pg_temp.link(shop.id * 10000000 + customer, (pg_temp.share(key, 21) ^ 2 * (2 + customer % 20))::int) AS link,
    round((0.02 * exp(pg_temp.share(key, 22) * 8))::numeric, 4) AS charge, (10 * exp(pg_temp.share(key, 23) * 7))::bigint AS quantity,
    100 + service AS service_id,
    (ARRAY['Instagram', 'TikTok', 'YouTube', 'Telegram', 'X', 'Facebook', 'Spotify'])[1 + service % 7] || ' ' ||
      (ARRAY['Likes', 'Followers', 'Views', 'Comments', 'Shares'])[1 + service % 5] || ' #' || service AS service_name,
    CASE WHEN fate < young * 0.25 THEN 'pending' WHEN fate < young * 0.7 THEN 'in_progress' WHEN fate < young * 0.8 THEN 'processing'
      WHEN fate > 0.998 THEN 'error' WHEN fate > 0.995 THEN 'fail' WHEN fate > 0.945 THEN 'canceled'
      WHEN fate > 0.895 THEN 'partial' WHEN fate > 0.885 THEN 'in_progress' ELSE 'completed' END AS status,
    service % 20 = 3 AS manual,
    CASE WHEN pg_temp.share(key, 24) < 0.85 THEN 'api' WHEN pg_temp.share(key, 24) < 0.99 THEN 'new_order_form' ELSE 'mass_order' END AS source,
    CASE WHEN service % 20 = 3 THEN '' ELSE 'provider' || (exp(pg_temp.share(service, 25) * ln(30)))::int || '.example' END AS provider,
    CASE WHEN service % 20 = 3 THEN '' ELSE (60000000 + (pg_temp.share(key, 26) * 5e7)::bigint)::text END AS external_id,
    timestamptz '2026-03-01' - interval '1095 days' * age AS created_at
  FROM shops AS shop CROSS JOIN generate_series(1, shop.orders) AS n
  CROSS JOIN LATERAL (SELECT shop.id * 100000000 + n AS key, (1 - n::float8 / shop.orders) ^ 1.4 AS age) AS of_row
  CROSS JOIN LATERAL (SELECT 1 + (shop.users * pg_temp.share(key, 27) ^ 3)::bigint AS customer,
    exp(pg_temp.share(key, 28) * ln(900))::bigint AS service, pg_temp.share(key, 29) AS fate,
    CASE WHEN age < 0.003 THEN 1 ELSE 0 END AS young) AS drawn
) AS drawn;

INSERT INTO payments (panel_id, id, user_name, user_balance, amount, currency, method, status, risk, memo, mode, created_at,
  updated_at, raw, hash, fetched_at, changed_at)
SELECT panel_id, id, user_name, amount * 2, amount, 'USD', method, status, risk, memo, mode, created_at, created_at,
  jsonb_build_object('id', id, 'user', user_name, 'amount', amount, 'method', method, 'memo', memo, 'status', status),
  hashint8extended(id, 41), '2026-03-01', '2026-03-01'
FROM (
  SELECT shop.id AS panel_id, n AS id, pg_temp.customer(shop.id, 1 + (shop.users * pg_temp.share(key, 42) ^ 3)::bigint) AS user_name,
    round((5 * exp(pg_temp.share(key, 43) * 6))::numeric, 2) AS amount,
    (ARRAY['payeer', 'perfect_money', 'stripe', 'cryptomus', 'paypal', 'papara', 'bank', 'bonus'])[exp(pg_temp.share(key, 44) * ln(8))::int] AS method,
    CASE WHEN pg_temp.share(key, 45) < 0.7 THEN 'completed' WHEN pg_temp.share(key, 45) < 0.9 THEN 'expired'
      WHEN pg_temp.share(key, 45) < 0.98 THEN 'fail' ELSE 'hold' END AS status,
    CASE WHEN n % 40 = 0 THEN 'high' WHEN n % 3 = 0 THEN 'low' ELSE '' END AS risk,
    CASE WHEN n % 4 = 0 THEN '' ELSE 'TX-' || upper(left(md5(key::text), 14)) END AS memo,
    CASE WHEN n % 10 = 0 THEN 'manual' ELSE 'auto' END AS mode,
    timestamptz '2026-03-01' - interval '1095 days' * (1 - n::float8 / shop.payments) ^ 1.4 AS created_at
  FROM shops AS shop CROSS JOIN generate_series(1, shop.payments) AS n
  CROSS JOIN LATERAL (SELECT shop.id * 100000000 + n AS key) AS of_row
) AS drawn;

INSERT INTO tickets (panel_id, id, user_id, user_name, subject, status, assignee, is_read, created_at, updated_at, messages_at,
  waiting_since, due_since, queue, holder, raw, hash, fetched_at, changed_at)
SELECT panel_id, id, user_id, pg_temp.customer(panel_id, user_id), subject, status, assignee, true, created_at,
  created_at + interval '3 hours', created_at + interval '3 hours', CASE WHEN status = 'pending' THEN created_at + interval '3 hours' END,
  CASE WHEN status = 'pending' THEN created_at + interval '3 hours' END,
  CASE WHEN status = 'pending' THEN 'waiting' WHEN status = 'answered' THEN 'answered' WHEN id % 3 = 0 THEN 'done' ELSE 'closed' END, assignee,
  jsonb_build_object('id', id, 'subject', subject, 'status', status), hashint8extended(id, 51), '2026-03-01', '2026-03-01'
FROM (
  SELECT shop.id AS panel_id, n AS id, 1 + (shop.users * pg_temp.share(key, 52) ^ 3)::bigint AS user_id,
    CASE WHEN n % 3 = 0 THEN 'Payment not added ' || (shop.payments * pg_temp.share(key, 53))::bigint
      ELSE (ARRAY['Order not started ', 'Refill please ', 'Cancel order ', 'Speed up '])[1 + n % 4] || (shop.orders * pg_temp.share(key, 53))::bigint END AS subject,
    CASE WHEN n > shop.tickets * 0.99 THEN 'pending' WHEN n > shop.tickets * 0.97 THEN 'answered' WHEN n % 30 = 0 THEN 'locked' ELSE 'closed' END AS status,
    CASE WHEN n % 2 = 0 THEN '' ELSE 'agent' || n % 12 END AS assignee,
    timestamptz '2026-03-01' - interval '1095 days' * (1 - n::float8 / shop.tickets) ^ 1.4 AS created_at
  FROM shops AS shop CROSS JOIN generate_series(1, shop.tickets) AS n
  CROSS JOIN LATERAL (SELECT shop.id * 100000000 + n AS key) AS of_row
) AS drawn;

UPDATE streams SET cached = CASE resource WHEN 'orders' THEN shop.orders WHEN 'payments' THEN shop.payments
  WHEN 'users' THEN shop.users WHEN 'tickets' THEN shop.tickets ELSE 0 END
FROM shops AS shop WHERE shop.id = streams.panel_id;

-- Why: a payment that deserves a second look must be found among a million, not only be told when it is opened. What needs a
-- search in other payments (the same reference, many tries in an hour, a first payment far above what is usual) is noted here
-- when a payment is written. It is a note and no judgement: whether the account was new, and whether the viewer may see the
-- other payment, is asked when the list is read.

CREATE TABLE payment_flags (
  panel_id   bigint NOT NULL,
  payment_id bigint NOT NULL,
  flag       text NOT NULL CHECK (flag IN ('same_reference', 'large_first_payment', 'many_tries')),
  PRIMARY KEY (panel_id, payment_id, flag),
  FOREIGN KEY (panel_id, payment_id) REFERENCES payments (panel_id, id) ON DELETE CASCADE
);
CREATE INDEX payment_flags_flag ON payment_flags (flag, panel_id, payment_id);

INSERT INTO payment_flags
SELECT panel_id, id, 'same_reference'
FROM (SELECT panel_id, id, count(*) OVER (PARTITION BY memo) AS times FROM payments WHERE octet_length(memo) >= 6 AND memo ~ '[0-9]') AS referred
WHERE times > 1;

INSERT INTO payment_flags
SELECT panel_id, id, 'many_tries'
FROM (SELECT panel_id, id, count(*) OVER (PARTITION BY panel_id, user_name ORDER BY created_at RANGE BETWEEN interval '59 minutes 59.999999 seconds' PRECEDING AND CURRENT ROW) AS tries
  FROM payments WHERE user_name <> '') AS tried
WHERE tries >= 5;

WITH recent AS (
  SELECT panel_id, currency, amount, row_number() OVER (PARTITION BY panel_id, currency ORDER BY created_at DESC) AS place FROM payments
), usual AS (
  SELECT panel_id, currency, percentile_disc(0.5) WITHIN GROUP (ORDER BY amount) AS amount
  FROM recent WHERE place <= 200 GROUP BY panel_id, currency HAVING count(*) >= 20
)
INSERT INTO payment_flags
SELECT first.panel_id, first.id, 'large_first_payment'
FROM (SELECT DISTINCT ON (panel_id, user_name) panel_id, id, currency, amount FROM payments WHERE user_name <> '' ORDER BY panel_id, user_name, created_at, id) AS first
JOIN usual USING (panel_id, currency)
WHERE first.amount >= 3 * usual.amount;

ANALYZE payment_flags;

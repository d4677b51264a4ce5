-- Why: the same reference is written in another case, with a full stop, or after other words. So references compare by
-- their letters and digits in lower case. PostgreSQL's idea of a letter follows its locale; so the program makes the keys,
-- and one function of it is the rule. A payment has one key for its whole memo and may have one for the memo's last word.
-- likely is true of a key that may be a transaction's reference, and not words such as "thank you".

CREATE TABLE payment_references (
  panel_id   bigint NOT NULL,
  payment_id bigint NOT NULL,
  key        text NOT NULL,
  likely     boolean NOT NULL,
  PRIMARY KEY (panel_id, payment_id, key),
  FOREIGN KEY (panel_id, payment_id) REFERENCES payments (panel_id, id) ON DELETE CASCADE
);
CREATE INDEX payment_references_key ON payment_references USING hash (key);

ALTER TABLE actions ADD COLUMN memo_keys text[] NOT NULL DEFAULT '{}'; -- of what staff wrote, without our reference
CREATE INDEX actions_memo_keys ON actions USING gin (memo_keys) WHERE memo_keys <> '{}';
ALTER TABLE payment_proposals ADD COLUMN memo_keys text[] NOT NULL DEFAULT '{}';

-- Payments compared by whole memos so far.
DROP INDEX payments_memo;

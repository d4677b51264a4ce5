-- Why: a payment's page says when its transaction reference was used before, on any panel. The reference is in the memo,
-- and no index found a memo that is equal; the one for searching finds parts of memos, at many times the cost.

CREATE INDEX payments_memo ON payments USING hash (memo) WHERE memo <> '';

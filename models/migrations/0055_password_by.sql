-- Why: whoever sets another's password knows it. When that member is later given more than its setter may give, as when they
-- become an owner, the password must not open that door; so it is kept who chose it. Of earlier passwords that is not known.
-- NULL is the member themselves.

ALTER TABLE staff ADD COLUMN password_by bigint;

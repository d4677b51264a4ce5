-- Why: with a wrong SECRET_KEY the program ran and failed later, at each panel and each login with a second factor. This
-- one sealed word tells at the start whether the key is the one that seals this database. rotate-key seals it last.

CREATE TABLE key_check (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  sealed   bytea NOT NULL
);

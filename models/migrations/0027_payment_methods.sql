-- Why: a panel adds a payment only under the exact name that one of its payment methods has, and nothing asks it for those
-- names. So they are kept here, byte for byte, with what staff see instead, on which panels they hold, and between which
-- amounts. A method outlives a panel that it names: the id of a panel is never given twice.
--
-- The limits hold for every panel and in each panel's own currency. Above recent_above who adds a payment proves again who
-- they are, above second_person_above another person releases it. NULL asks for neither.

CREATE TABLE payment_methods (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  internal_name text NOT NULL CHECK (internal_name <> ''),
  display_name  text NOT NULL CHECK (display_name <> ''),
  min           numeric CHECK (min >= 0),
  max           numeric CHECK (max > 0 AND max >= min),
  position      int NOT NULL,
  all_panels    boolean NOT NULL,
  panels        bigint[] NOT NULL,
  CHECK (all_panels = (panels = '{}'))
);

CREATE TABLE payment_limits (
  one                 boolean PRIMARY KEY DEFAULT true CHECK (one),
  recent_above        numeric DEFAULT 500 CHECK (recent_above >= 0),
  second_person_above numeric CHECK (second_person_above >= 0)
);
INSERT INTO payment_limits DEFAULT VALUES;

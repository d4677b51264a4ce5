-- Why: staff answer the same questions all day. A canned reply is a text with variables, shared or one person's own; with
-- what else is to happen once it is sent, it is a macro.

CREATE TABLE canned_replies (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  owner_id     bigint REFERENCES staff (id) ON DELETE CASCADE, -- NULL: shared with everybody
  folder       text NOT NULL,
  title        text NOT NULL CHECK (title <> ''),
  body         text NOT NULL CHECK (body <> ''),
  then_done    boolean NOT NULL DEFAULT false,
  then_assign  boolean NOT NULL DEFAULT false, -- to whoever sends it
  then_order   text NOT NULL DEFAULT '', -- an action on the order that the ticket names
  uses         bigint NOT NULL DEFAULT 0,
  used_at      timestamptz,
  created_at   timestamptz NOT NULL,
  changed_at   timestamptz NOT NULL
);
CREATE INDEX canned_replies_owner ON canned_replies (owner_id);

-- Why: a panel is one connected shop. Its keys are sealed before they reach SQL; only their last four characters are
-- readable. A removed panel keeps its row until its mirrored rows are gone, so that the removal can resume.

CREATE TABLE panels (
  id                    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name                  text NOT NULL,
  short_code            text NOT NULL,
  colour                text NOT NULL,
  url                   text NOT NULL,
  admin_key_sealed      bytea NOT NULL DEFAULT '',
  admin_key_last4       text NOT NULL DEFAULT '',
  services_key_sealed   bytea NOT NULL DEFAULT '',
  services_key_last4    text NOT NULL DEFAULT '',
  key_refused_at        timestamptz,
  paused_at             timestamptz,
  removed_at            timestamptz,
  check_requested_at    timestamptz,
  checked_at            timestamptz,
  check_lines           jsonb NOT NULL DEFAULT '[]',
  created_at            timestamptz NOT NULL
);
CREATE UNIQUE INDEX panels_short_code_key ON panels (lower(short_code)) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX panels_url_key ON panels (url) WHERE removed_at IS NULL;

CREATE TABLE staff_panels (
  staff_id bigint NOT NULL REFERENCES staff (id) ON DELETE CASCADE,
  panel_id bigint NOT NULL REFERENCES panels (id) ON DELETE CASCADE,
  PRIMARY KEY (staff_id, panel_id)
);

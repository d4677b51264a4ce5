-- Why: staff come back to the same filters all day. A view keeps them under a name: params are the list's parameters as
-- its address spells them, so that what a newer or older program does not know is left out as in any old bookmark.
-- only_for is whose view it is, NULL for everybody's: a personal view goes with its person, a shared one stays. Each
-- may begin a list with a view of their own choice.

CREATE TABLE saved_views (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  list       text NOT NULL,
  name       text NOT NULL,
  params     text NOT NULL,
  made_by    bigint REFERENCES staff (id) ON DELETE SET NULL,
  only_for   bigint REFERENCES staff (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX saved_views_name ON saved_views (list, coalesce(only_for, 0), lower(name));
CREATE INDEX saved_views_made_by ON saved_views (made_by);
CREATE INDEX saved_views_only_for ON saved_views (only_for);

CREATE TABLE default_views (
  staff_id bigint NOT NULL REFERENCES staff (id) ON DELETE CASCADE,
  list     text NOT NULL,
  view_id  bigint NOT NULL REFERENCES saved_views (id) ON DELETE CASCADE,
  PRIMARY KEY (staff_id, list)
);
CREATE INDEX default_views_view_id ON default_views (view_id);

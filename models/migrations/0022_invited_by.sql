-- Why: whoever makes a link by which somebody sets their password can use it themselves. So it lets in only for as long as
-- its maker may change that person: not after the person was given more than the maker has, and not after the maker was
-- shut out. A link of an earlier version, which names no maker, works to its end within three days.

ALTER TABLE invitations ADD COLUMN invited_by bigint REFERENCES staff (id) ON DELETE CASCADE;

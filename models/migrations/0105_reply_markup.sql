-- Why: a panel that keeps HTML swallows text such as <your link> in a reply. The read-back of our own replies shows how a
-- panel keeps < and &: 'html' if the text comes back as it was sent, so that the program escapes it from then on, 'text' if
-- the panel escapes it. '' means that no reply has shown it yet, and the composer warns.

ALTER TABLE panels ADD reply_markup text NOT NULL DEFAULT '' CHECK (reply_markup IN ('', 'html', 'text'));

package handlers

import "masterpanel/models"

// signsWarning warns about < and & in a text for a panel that may keep HTML. Unknown reports whether no reply has shown
// yet how the panel keeps them; Shown, whether the text has one.
type signsWarning struct{ Unknown, Shown bool }

func newSignsWarning(panel models.PanelRef, text string) signsWarning {
	return signsWarning{panel.ReplyMarkup == models.MarkupUnknown, models.HasMarkup(text)}
}

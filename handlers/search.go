package handlers

import (
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

type searchPage struct {
	Shell  shell
	Search searchView
}

// searchView holds the results and commands for a search text, on the search page and in the palette.
type searchView struct {
	Text     string // the text as typed
	Longest  int
	Notices  []string
	Groups   []searchGroup
	Commands []command
	// CommandsFirst is true when the text names nothing, so that commands come before results.
	CommandsFirst bool
	Empty         string
}

// searchGroup holds the results of one kind.
type searchGroup struct {
	Title string
	Lines []searchLine
	All   linkChoice // the list with all of them
	named bool       // the text is the exact name or ID of one of them
}

// searchLine is one result. Beside is true if it can open in the side panel of a list.
type searchLine struct {
	Panel      models.PanelRef
	URL        string
	ID         int64
	Text, More string
	Status     badge
	When       stamp
	Beside     bool
}

// search looks for a text in everything that the viewer may see. If the text names exactly one thing, it redirects
// there. The palette, which sends the text during typing, gets a result list instead.
func (a *app) search(c *fiber.Ctx) error {
	v, text := viewer(c), strings.TrimSpace(c.Query("q"))
	typing := fragmentTarget(c) == "palette-results"
	asked := v.Understand(text)
	if !typing {
		if err := a.noteLookup(c, asked); err != nil {
			return err
		}
	}
	found, err := a.DB.Search(c.UserContext(), v, asked)
	if err != nil {
		return err
	}
	if typing && found.NamesCustomer() { // the palette's answer shows a customer even if the person opens nothing
		if err := a.noteLookup(c, asked); err != nil {
			return err
		}
	}
	if r, key, ok := found.Only(); ok && !typing {
		return back(c, hitURL(r, key))
	}
	view := a.newSearchView(v, text, found)
	view.Commands = commandsFor(v, text, placeOf(c))
	view.Empty = emptySearch(text, found, len(view.Commands))
	if found.N() == 0 && asked.Link { // this search matches whole links; the orders list also matches parts
		view.Commands = append(view.Commands, command{Label: "Orders whose link contains “" + middle(asked.Text, 40) + "”", Icon: "orders",
			URL: address(models.OrderList, url.Values{"q": {asked.Text}})})
	}
	page := func(s shell) any { return searchPage{s, view} }
	return a.page(c, whole{"Search", "search", "search/page", page}, fragment{"palette-results", "search/results", view})
}

// searched writes an activity entry when a person opens a result of the palette.
func (a *app) searched(c *fiber.Ctx) error {
	var form struct {
		Text string `form:"q"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	if err := a.noteLookup(c, viewer(c).Understand(form.Text)); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// noteLookup writes a global search to the activity log, once per interval.
func (a *app) noteLookup(c *fiber.Ctx, asked models.Asked) error {
	if asked.Text == "" || !a.newLook(c, "search everything "+asked.Text) {
		return nil
	}
	return a.DB.RecordLookup(c.UserContext(), viewer(c), asked)
}

func (a *app) newSearchView(v models.Viewer, text string, f models.Found) searchView {
	view := searchView{Text: text, Longest: models.LongestSearch}
	if f.Beyond {
		view.Notices = append(view.Notices, "Nothing found on the chosen panels. These results are on your other panels.")
	}
	if f.Asked.EmailHidden {
		view.Notices = append(view.Notices, "The search skips e-mails because your role may not see them.")
	}
	if words := f.Asked.Left.Words(); words != "" {
		view.Notices = append(view.Notices, sentence(words))
	}
	var led []searchGroup
	for _, g := range []searchGroup{
		group(a, v, f, models.OrderList, f.Orders, (*app).orderHit),
		group(a, v, f, models.TicketList, f.Tickets, (*app).ticketHit),
		group(a, v, f, models.PaymentList, f.Payments, (*app).paymentHit),
		group(a, v, f, models.UserList, f.Users, (*app).userHit),
		group(a, v, f, models.ServiceList, f.Services, (*app).serviceHit),
	} {
		switch {
		case g.named:
			view.Groups = append(view.Groups, g)
		case len(g.Lines) > 0:
			led = append(led, g)
		}
	}
	view.CommandsFirst = len(view.Groups) == 0
	view.Groups = append(view.Groups, led...)
	return view
}

// group builds the results of one kind, with a link to the full list if there is more than one result.
func group[T any](a *app, v models.Viewer, f models.Found, def *models.List, h models.Hits[T], line func(*app, models.Viewer, T) searchLine) searchGroup {
	g := searchGroup{Title: listTitles[def.Noun], named: h.Named()}
	for _, row := range h.Rows {
		g.Lines = append(g.Lines, line(a, v, row))
	}
	if h.Total.N < 2 {
		return g
	}
	values := url.Values{"q": {f.Asked.Text}}
	if f.Beyond || f.Asked.Panel.ID != 0 {
		for _, id := range f.On {
			values.Add("panel", pathID(id))
		}
	}
	g.All = linkChoice{Label: "All " + countWords(h.Total) + " " + def.Noun + belonging(def.Resource, f.Asked, h.Named()), URL: address(def, values)}
	return g
}

// belonging says whose records a name found, or which name they start with.
func belonging(r models.Resource, asked models.Asked, named bool) string {
	switch name := middle(asked.Text, 24); {
	case named || !asked.Name:
		return ""
	case r == models.Users || r == models.Services:
		return " that start with " + name
	default:
		return " of " + name
	}
}

func emptySearch(text string, f models.Found, commands int) string {
	reading := f.Asked.Reading()
	switch {
	case text == "" || f.N() > 0 || len(f.Asked.Left.Grouped) > 0 || commands > 0 && !strings.ContainsAny(text, "0123456789@/."):
		return ""
	case f.Asked.Text == "" && f.Asked.Panel.ID == 0:
		return "This text is too long, or contains characters that no record can contain."
	case reading == "":
		return "Type an ID, a link, a username or an e-mail after the panel’s code."
	}
	return "Nothing found. Searched as " + reading + "."
}

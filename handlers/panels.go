package handlers

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// panelsPage is the page Settings › Panels.
type panelsPage struct {
	Shell shell
	Cards panelCards
	Form  panelForm
	Open  bool // the form for a new panel is unfolded
}

type panelCards struct {
	Tag   string
	Cards []panelCard
}

// panelCard is one panel with its state in words.
type panelCard struct {
	Panel                 models.PanelRef
	Path, URL             string
	State                 badge
	Words                 string
	AdminKey, ServicesKey string
	Checks                []checkLine
	Checking, Paused      bool
}

type checkLine struct {
	What, Words string
	State       badge
}

// panelForm is the form for a new or an existing panel. It never contains a stored key.
type panelForm struct {
	Action, Submit              string
	Name, ShortCode, URL        field
	AdminKey, ServicesKey       field
	ColourError                 string
	Colours                     []choice
	HasAdminKey, HasServicesKey string // the last four characters of the stored key
	Shop                        *shopQuestion
}

// shopQuestion asks whether the same shop answers at a panel's new address. It appears after the form was sent with a new
// address.
type shopQuestion struct {
	Old, New, Error string
	Same            bool
}

func pathID(id int64) string { return strconv.FormatInt(id, 10) }

func (a *app) panels(c *fiber.Ctx) error {
	return a.panelsPage(c, newPanelForm(models.PanelInput{}, nil), false)
}

func (a *app) panelsPage(c *fiber.Ctx, form panelForm, open bool) error {
	v := viewer(c)
	tag := a.tag(v, "/settings/panels", jobs.SyncVersion)
	if a.unchanged(c, tag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	panels, err := a.DB.ManagedPanels(c.UserContext(), v)
	if err != nil {
		return err
	}
	streams, err := a.DB.SyncStatuses(c.UserContext(), v, v.PanelIDs())
	if err != nil {
		return err
	}
	cards := panelCards{Tag: tag}
	for _, p := range panels {
		cards.Cards = append(cards.Cards, a.panelCard(v, p, streams))
	}
	if form.Name.Value == "" {
		form.Colours = colours(freeColour(panels))
	}
	page := func(s shell) any {
		return panelsPage{Shell: s, Cards: cards, Form: form, Open: open || len(panels) == 0}
	}
	return a.page(c, whole{"Panels", "panels", "settings/panels", page}, fragment{"panels-cards", "settings/panel-cards", cards})
}

func (a *app) panelCard(v models.Viewer, p models.Panel, streams []models.SyncStatus) panelCard {
	card := panelCard{
		Panel: refOf(p), Path: "/settings/panels/" + pathID(p.ID), URL: p.URL,
		AdminKey: masked(p.AdminKeyLast4, true), ServicesKey: masked(p.ServicesKeyLast4, p.HasServicesKey()), Checking: p.Checking(), Paused: !p.PausedAt.IsZero(),
	}
	for _, line := range p.CheckLines {
		state := badge{Label: "Works", Tone: "done"}
		if !line.OK {
			state = badge{Label: "Does not work", Tone: "failed"}
		}
		card.Checks = append(card.Checks, checkLine{line.What, line.Words, state})
	}
	card.State, card.Words = a.panelState(v, p, streams)
	return card
}

// panelState returns a panel's current state and, if there is a problem, an explanation.
func (a *app) panelState(v models.Viewer, p models.Panel, streams []models.SyncStatus) (badge, string) {
	if !p.PausedAt.IsZero() && p.ShopCheckWords != "" {
		return badge{Label: "Paused", Tone: "failed"}, "Paused since " + newStamp(p.PausedAt, a.Now(), v.Zone).Short + ". " + p.ShopCheckWords +
			" Nothing was stored or sent. Correct the address or the key, then resume the panel."
	}
	if !p.PausedAt.IsZero() {
		return badge{Label: "Paused", Tone: "off"}, "Paused since " + newStamp(p.PausedAt, a.Now(), v.Zone).Short + ". Nothing is read or sent."
	}
	if !p.KeyRefusedAt.IsZero() {
		return badge{Label: "Needs key", Tone: "failed"}, "The panel refused the admin API key at " + p.KeyRefusedAt.In(v.Zone).Format("15:04") + ". Enter a new one." + nextCall(p.ProbeAt, a.Now(), v.Zone)
	}
	if !p.ShopCheckAt.IsZero() {
		return badge{Label: "Comparing", Tone: "waiting"}, strings.TrimSpace("Masterpanel compares its newest records with the mirror before it reads or sends anything. " + p.ShopCheckWords)
	}
	synced := false
	for _, s := range streams {
		if s.PanelID != p.ID {
			continue
		}
		if s.ErrorWords != "" {
			return badge{Label: "Failing", Tone: "failed"}, listTitles[string(s.Resource)] + ": " + sentence(s.ErrorWords)
		}
		synced = synced || !s.LastSuccessAt.IsZero()
	}
	if !synced {
		return badge{Label: "Connecting", Tone: "waiting"}, "Waiting for the first answer."
	}
	return badge{Label: "Active", Tone: "done"}, ""
}

func refOf(p models.Panel) models.PanelRef {
	return models.PanelRef{ID: p.ID, Name: p.Name, ShortCode: p.ShortCode, Colour: p.Colour, URL: p.URL}
}

// masked shows only the last four characters of a key; a short key shows none.
func masked(last4 string, set bool) string {
	if !set {
		return "not set"
	}
	return "••••" + last4
}

// newPanelForm returns the form with the typed values and their errors, but without keys.
func newPanelForm(in models.PanelInput, problems models.Invalid) panelForm {
	form := panelForm{
		Action: "/settings/panels", Submit: "Connect panel",
		Name: field{in.Name, problems["name"]}, ShortCode: field{in.ShortCode, problems["short_code"]}, URL: field{in.URL, problems["url"]},
		AdminKey: field{Error: problems["admin_api_key"]}, ServicesKey: field{Error: problems["services_api_key"]},
		ColourError: problems["colour"],
	}
	chosen := in.Colour
	if chosen == "" {
		chosen = models.Colours[0]
	}
	form.Colours = colours(chosen)
	return form
}

func colours(chosen string) []choice {
	all := make([]choice, len(models.Colours))
	for i, colour := range models.Colours {
		all[i] = choice{Value: colour, Label: humanize(colour), Current: colour == chosen}
	}
	return all
}

// freeColour returns the first unused colour, so that two panels share a colour only if a person chooses that.
func freeColour(panels []models.Panel) string {
	for _, colour := range models.Colours {
		if !slices.ContainsFunc(panels, func(p models.Panel) bool { return p.Colour == colour }) {
			return colour
		}
	}
	return models.Colours[0]
}

// readPanel parses the form and normalises the address. It returns problems with the address next to the input.
func (a *app) readPanel(c *fiber.Ctx) (in models.PanelInput, problems models.Invalid, err error) {
	var form struct {
		Name        string `form:"name"`
		ShortCode   string `form:"short_code"`
		Colour      string `form:"colour"`
		URL         string `form:"url"`
		AdminKey    string `form:"admin_api_key"`
		ServicesKey string `form:"services_api_key"`
		Shop        string `form:"shop"`
	}
	if err := readForm(c, &form); err != nil {
		return in, nil, err
	}
	in = models.PanelInput{Name: form.Name, ShortCode: form.ShortCode, Colour: form.Colour, URL: strings.TrimSpace(form.URL),
		AdminAPIKey: form.AdminKey, ServicesAPIKey: form.ServicesKey, Shop: models.ShopAnswer(form.Shop)}
	address, err := a.PanelURL(in.URL)
	if err != nil {
		return in, models.Invalid{"url": sentence(err.Error())}, nil
	}
	in.URL = address
	return in, nil, nil
}

func (a *app) addPanel(c *fiber.Ctx) error {
	in, problems, err := a.readPanel(c)
	if err != nil {
		return err
	}
	var added models.Panel
	if problems == nil {
		added, err = a.DB.CreatePanel(c.UserContext(), viewer(c), in)
		if invalid, ok := fieldErrors(err); ok {
			problems, err = invalid, nil
		}
	}
	if err != nil {
		return err
	}
	if problems != nil {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.panelsPage(c, newPanelForm(in, problems), true)
	}
	a.panelChanged(c, added.ID)
	return back(c, "/settings/panels")
}

// panelChanged announces the change to the web processes and asks the worker to test the connection. The database
// already holds the request for the test, so a failure here only delays it.
func (a *app) panelChanged(c *fiber.Ctx, id int64) {
	a.changed(c, jobs.PanelsVersion, jobs.SyncVersion)
	if err := a.CheckPanel(c.UserContext(), id); err != nil {
		a.Log.Warn("panels: cannot enqueue connection test, the schedule will enqueue it", "panel", id, "error", err)
	}
}

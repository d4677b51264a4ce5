package handlers

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

type createdFilter struct {
	ID, Label, Summary, From, To, Zone string
	Choices                            []linkChoice
}

type linkChoice struct {
	Label, URL string
	Current    bool
}

// hidden returns the parameters that the filter form carries in hidden inputs.
func (l listing) hidden() []hiddenInput {
	var inputs []hiddenInput
	params := l.query.Params(l.def)
	names := []string{"sort", "created", "tab"}
	if !slices.ContainsFunc(l.def.Filters, func(f models.Filter) bool { return f.Panel }) {
		names = append(names, "panel")
	}
	for _, name := range names {
		for _, value := range params[name] {
			inputs = append(inputs, hiddenInput{name, value})
		}
	}
	return append(inputs, l.view.hidden()...)
}

// label returns a filter's value as this viewer reads it.
func (l listing) label(f models.Filter, value string) string {
	switch {
	case f.Name == "status" && value != models.NoValue:
		return l.statusLabel(value)
	case !f.Panel:
		return valueLabel(f, value)
	}
	id, _ := strconv.ParseInt(value, 10, 64) // ParseListQuery or the database guarantees a number
	if p, ok := l.viewer.Panel(id); ok {
		return p.ShortCode + " · " + p.Name
	}
	return "Removed panel " + value
}

func valueLabel(f models.Filter, value string) string {
	switch {
	case f.None != "" && value == models.NoValue:
		return f.None
	case f.Name == "action":
		return models.Action(value).String()
	case f.Name == "kind":
		return kindLabel(models.ActionKind(value))
	case f.Name == "result":
		return resultBadge(models.Result(value)).Label
	case f.Name == "staff" || f.Name == "provider" || f.Name == "method" || f.Name == "assignee" || f.Integer:
		return value
	}
	return humanize(value)
}

func (l listing) createdFilter() *createdFilter {
	if l.def.Created == "" {
		return nil
	}
	f := &createdFilter{ID: l.def.Noun + "-filter-created", Label: l.createdLabel(), Zone: l.viewer.Zone.String(),
		From: l.query.CreatedDays[0], To: l.query.CreatedDays[1], Summary: l.createdWords()}
	f.Choices = append(f.Choices, linkChoice{Label: "Any time", URL: l.withCreated(""), Current: f.Summary == ""})
	for _, preset := range models.CreatedPresets {
		f.Choices = append(f.Choices, linkChoice{Label: preset.Label, URL: l.withCreated(preset.Value), Current: l.query.Created == preset.Value})
	}
	return f
}

func (l listing) createdLabel() string {
	switch l.def.Noun {
	case models.ActivityList.Noun, models.ServiceChangeList.Noun:
		return "When"
	case models.ReportList.Noun:
		return "Reported at"
	}
	return "Created"
}

func (l listing) withCreated(preset string) string {
	return l.with(func(v url.Values) {
		v.Del("created_from")
		v.Del("created_to")
		set(v, "created", preset)
	})
}

func (l listing) createdWords() string {
	for _, preset := range models.CreatedPresets {
		if preset.Value == l.query.Created {
			return preset.Label
		}
	}
	from, to := l.query.CreatedDays[0], l.query.CreatedDays[1]
	switch {
	case from != "" && from == to:
		return from
	case from != "" && to != "":
		return from + " to " + to
	case from != "":
		return "since " + from
	case to != "":
		return "until " + to
	}
	return ""
}

// pills returns the active filters. Each has a label and the address of the list without this filter.
func (l listing) pills() []pill {
	var pills []pill
	if reading := l.def.Reading(l.viewer, l.query.Text); reading != "" {
		pills = append(pills, pill{middle(reading, 60), l.with(func(v url.Values) { v.Del("q") })})
	}
	for _, id := range l.query.Panels {
		label := "Unknown panel"
		if p, ok := l.viewer.Panel(id); ok {
			label = "Panel " + p.ShortCode
		}
		pills = append(pills, pill{label, l.without("panel", strconv.FormatInt(id, 10))})
	}
	for _, f := range l.def.Filters {
		for _, value := range l.query.Values[f.Name] {
			label := l.label(f, value)
			if value != models.NoValue {
				label = f.Label + ": " + label
			}
			pills = append(pills, pill{middle(label, 60), l.without(f.Name, value)})
		}
	}
	if words := l.createdWords(); words != "" {
		pills = append(pills, pill{l.createdLabel() + ": " + words, l.withCreated("")})
	}
	return pills
}

func (l listing) without(name, value string) string {
	return l.with(func(v url.Values) {
		v[name] = slices.DeleteFunc(v[name], func(other string) bool { return other == value })
	})
}

// clearURL is the address of the list without filters; sort and page size stay.
func (l listing) clearURL() string {
	params := l.query.Params(l.def)
	kept := url.Values{}
	set(kept, "sort", params.Get("sort"))
	set(kept, "per", params.Get("per"))
	return l.view.plain(l.def, kept)
}

// optionsPage shows a picker as a page of its own, for browsers without scripts.
type optionsPage struct {
	Shell       shell
	Label, Path string
	Hidden      []hiddenInput
	Options     optionsView
}

type optionsView struct {
	Options    []option
	None, More string
}

// filterOptions fills a picker from the mirror: the values that match all other filters, with counts.
func (a *app) filterOptions(def *models.List) fiber.Handler {
	return func(c *fiber.Ctx) error {
		filter, ok := def.Filter(c.Params("filter"))
		if !ok {
			return fiber.ErrNotFound
		}
		l := a.openList(c, def)
		find, match := strings.TrimSpace(c.Query("find")), ""
		if !worded(filter) {
			match = find
		}
		found, err := a.DB.Options(c.UserContext(), l.viewer, def, l.query, filter, match)
		if err != nil {
			return err
		}
		if match != find {
			found = slices.DeleteFunc(found, func(o models.Option) bool {
				return !strings.Contains(strings.ToLower(l.optionLabel(filter, o)), strings.ToLower(find))
			})
		}
		view := l.newOptionsView(filter, found)
		if isHTMX(c) {
			return a.render(c, "list/options", view)
		}
		shell, err := a.shell(c, filter.Label, def.Noun)
		if err != nil {
			return err
		}
		return a.render(c, "list/choose", optionsPage{Shell: shell, Label: filter.Label, Path: "/" + def.Noun,
			Hidden: l.hiddenExcept(filter.Name), Options: view})
	}
}

// newOptionsView puts the chosen values first, so that they stay visible even if no row has them now.
func (l listing) newOptionsView(f models.Filter, found []models.Option) optionsView {
	chosen := l.chosen(f)
	view := optionsView{None: "Nothing found."}
	add := func(value, label, count string, checked bool) {
		if f.Integer && !f.Panel && label != value {
			label = value + " · " + label
		}
		view.Options = append(view.Options, option{Name: f.Name, Value: value, Label: label, Count: count, Checked: checked})
	}
	for _, value := range chosen {
		label, count := l.label(f, value), "0"
		if i := slices.IndexFunc(found, func(o models.Option) bool { return o.Value == value }); i >= 0 {
			label, count = l.optionLabel(f, found[i]), countWords(found[i].Number())
		}
		add(value, label, count, true)
	}
	for _, o := range found {
		if !slices.Contains(chosen, o.Value) {
			add(o.Value, l.optionLabel(f, o), countWords(o.Number()), false)
		}
	}
	if len(found) >= models.MaxOptions {
		view.More = "The most frequent values. Type to find others."
	}
	return view
}

func (l listing) optionLabel(f models.Filter, o models.Option) string {
	if f.Label2 != "" && o.Value != models.NoValue {
		return o.Label
	}
	return l.label(f, o.Value)
}

// worded reports whether a filter has few values and shows them with labels that differ from the stored values.
func worded(f models.Filter) bool {
	return f.Panel || f.Where != nil || f.Name == "status" || f.Name == "action" || f.Name == "result" || f.Name == "kind"
}

func (l listing) hiddenExcept(name string) []hiddenInput {
	var inputs []hiddenInput
	for key, values := range l.query.Params(l.def) {
		for _, value := range values {
			if key != name {
				inputs = append(inputs, hiddenInput{key, value})
			}
		}
	}
	slices.SortFunc(inputs, func(a, b hiddenInput) int { return strings.Compare(a.Name+a.Value, b.Name+b.Value) })
	return append(inputs, l.view.hidden()...)
}

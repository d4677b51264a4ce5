package handlers

import (
	"crypto/rand"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
	"masterpanel/models/visible"
)

// workbenchPage is where one thing is done to many orders: first the ids and what to do, then what they turned out to be
// and the question whether to go on. Nothing is kept between the two but what stands in the forms.
type workbenchPage struct {
	Shell  shell
	Form   workbenchForm
	Check  *workbenchCheck
	Recent []batchLine
}

// workbenchForm is what was asked for; its fields are named as in the form.
type workbenchForm struct {
	Picks                                   []string // which order is meant by ids that several panels have
	Text                                    field
	Panels                                  []choice
	Kinds                                   []choice
	Statuses                                []choice
	Kind                                    string // what is wrong about the choice
	Status                                  string // the same
	Remains, StartCount, Link, CancelReason field
}

// workbenchInput is the form as it came.
type workbenchInput struct {
	Text         string   `form:"text"`
	Panel        int64    `form:"on"`
	Picks        []string `form:"pick"`
	Kind         string   `form:"kind"`
	Status       string   `form:"status"`
	Remains      string   `form:"remains"`
	StartCount   string   `form:"start_count"`
	Link         string   `form:"link"`
	CancelReason string   `form:"cancel_reason"`
}

func (a *app) workbench(c *fiber.Ctx) error {
	return a.workbenchPage(c, workbenchInput{}, nil, nil)
}

// checkWorkbench shows what the ids are, which came pasted or as a selection of the list.
func (a *app) checkWorkbench(c *fiber.Ctx) error {
	v := viewer(c)
	var in workbenchInput
	if err := readForm(c, &in); err != nil {
		return err
	}
	var invalid models.Invalid
	if c.FormValue("ids") != "" || c.FormValue("all") != "" {
		var err error
		if in, err = a.selectedForWorkbench(c, v); err != nil {
			if invalid, _ = fieldErrors(err); invalid == nil {
				return err
			}
		}
	}
	if invalid != nil {
		return a.workbenchPage(c, in, nil, invalid)
	}
	check, err := a.checkOrders(c.UserContext(), v, in)
	if errors.As(err, &invalid) {
		return a.workbenchPage(c, in, check, invalid)
	}
	if err != nil {
		return err
	}
	return a.workbenchPage(c, in, check, nil)
}

// selectedForWorkbench is a selection of the list of orders, written as ids that a person can read and change.
func (a *app) selectedForWorkbench(c *fiber.Ctx, v models.Viewer) (in workbenchInput, err error) {
	values, err := url.ParseQuery(string(c.Request().URI().QueryString()))
	if err != nil {
		return in, errForm
	}
	values.Set("ids", c.FormValue("ids"))
	values.Set("all", c.FormValue("all"))
	chosen, err := models.ParseSelection(models.OrderList.For(v), values, v.Zone, a.Now())
	if err != nil {
		return in, err
	}
	in.Text, err = a.DB.SelectedIDs(c.UserContext(), v, chosen)
	return in, err
}

// workbenchPage shows the form again with what it came to; invalid are the fields that must change.
func (a *app) workbenchPage(c *fiber.Ctx, in workbenchInput, check *workbenchCheck, invalid models.Invalid) error {
	v := viewer(c)
	if len(v.BulkKinds()) == 0 {
		return models.ErrNotAllowed
	}
	recent, err := a.recentBatches(c.UserContext(), v)
	if err != nil {
		return err
	}
	if invalid != nil {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	page := workbenchPage{Form: newWorkbenchForm(v, in, invalid), Check: check, Recent: recent}
	return a.page(c, whole{"Bulk orders", "workbench", "workbench/page", func(s shell) any { page.Shell = s; return page }})
}

func newWorkbenchForm(v models.Viewer, in workbenchInput, invalid models.Invalid) workbenchForm {
	f := workbenchForm{
		Text: field{in.Text, invalid["ids"]}, Kind: invalid["kind"], Status: invalid["status"],
		Remains: field{in.Remains, invalid["remains"]}, StartCount: field{in.StartCount, invalid["start_count"]},
		Link: field{in.Link, invalid["link"]}, CancelReason: field{in.CancelReason, invalid["cancel_reason"]},
		Panels: []choice{{"0", "Find the panel", in.Panel == 0}},
		Kinds:  []choice{{"", "Choose what to do", in.Kind == ""}},
	}
	for _, pick := range in.Picks {
		if pick != "" {
			f.Picks = append(f.Picks, pick)
		}
	}
	for _, p := range v.Panels {
		f.Panels = append(f.Panels, choice{strconv.FormatInt(p.ID, 10), p.ShortCode + " · " + p.Name, in.Panel == p.ID})
	}
	for _, info := range v.BulkKinds() {
		f.Kinds = append(f.Kinds, choice{string(info.Kind), info.Label, in.Kind == string(info.Kind)})
	}
	for _, status := range []string{"pending", "in_progress", "processing", "completed"} {
		f.Statuses = append(f.Statuses, choice{status, humanize(status), in.Status == status})
	}
	return f
}

// payload is what the chosen kind carries; what was typed for another kind is left out.
func (in workbenchInput) payload() (p models.ActionPayload) {
	switch models.ActionKind(in.Kind) {
	case models.KindChangeStatus:
		p.Status = in.Status
	case models.KindSetPartial, models.KindSetRemains:
		p.Remains = typedNumber(in.Remains)
	case models.KindSetStartCount:
		p.StartCount = typedNumber(in.StartCount)
	case models.KindEditLink:
		p.Link = visible.Trim(in.Link)
	case models.KindCancel:
		p.CancelReason = strings.TrimSpace(in.CancelReason)
	}
	return p
}

// typedNumber is nil for what is no whole number.
func typedNumber(text string) *int64 {
	n, problem := readWhole(text)
	if problem != "" {
		return nil
	}
	return &n
}

// problems are the numbers of the chosen kind that cannot be read, in the words of the form for one order.
func (in workbenchInput) problems() models.Invalid {
	fields := orderFields{Kind: in.Kind, Remains: in.Remains, StartCount: in.StartCount}
	fields.action(models.Key{})
	return fields.problems
}

// runWorkbench makes a batch of what was confirmed.
func (a *app) runWorkbench(c *fiber.Ctx) error {
	var form struct {
		workbenchInput
		Key    string `form:"key"`
		Orders string `form:"orders"`
		Count  string `form:"count"`
	}
	if err := readForm(c, &form.workbenchInput); err != nil {
		return err
	}
	form.Key, form.Orders, form.Count = c.FormValue("key"), c.FormValue("orders"), c.FormValue("count")
	v, keys := viewer(c), models.ParseKeys(form.Orders)
	n := models.NewBatch{Key: form.Key, Kind: models.ActionKind(form.Kind), Payload: form.payload(), Orders: keys}
	if count := typedNumber(form.Count); count != nil {
		n.Confirmed = int(*count)
	}
	b, err := a.DB.CreateBatch(c.UserContext(), v, n)
	if invalid, ok := fieldErrors(err); ok {
		return a.checkAgain(c, v, form.workbenchInput, keys, invalid)
	}
	if err != nil {
		return err
	}
	a.changed(c, outboxKeys(v)...)
	return back(c, batchURL(b.ID))
}

// checkAgain is after a confirmation that did not hold: the same orders are looked at anew.
func (a *app) checkAgain(c *fiber.Ctx, v models.Viewer, in workbenchInput, keys []models.Key, invalid models.Invalid) error {
	in.Text, in.Panel = v.KeysText(keys), 0
	check, err := a.checkOrders(c.UserContext(), v, in)
	if err != nil && !errors.As(err, &models.Invalid{}) {
		return err
	}
	if check != nil {
		check.Problem = words(invalid)
		if check.Confirm != nil && invalid["count"] != "" {
			check.Confirm.Error = "Type " + strconv.Itoa(check.Confirm.Count) + " to go on."
		}
	}
	return a.workbenchPage(c, in, check, invalid)
}

// newFormKey is the key of a form, by which the same form sent twice is one thing.
func newFormKey() string { return rand.Text() }

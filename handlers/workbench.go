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

// workbenchPage performs one action on many orders. The first step asks for the IDs and the action, the second shows
// the found orders and asks for confirmation. The server stores nothing between the steps; the forms hold all data.
type workbenchPage struct {
	Shell  shell
	Form   workbenchForm
	Check  *workbenchCheck
	Recent []batchLine
}

// workbenchForm holds the typed values; its fields have the names of the inputs.
type workbenchForm struct {
	Picks                                   []string // the chosen panel for each ID that several panels have
	Text                                    field
	Panels                                  []choice
	Kinds                                   []choice
	Statuses                                []choice
	Kind                                    string // the error of the chosen action
	Status                                  string // the error of the chosen status
	Remains, StartCount, Link, CancelReason field
}

// workbenchInput holds the sent form.
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

// checkWorkbench shows which orders the IDs stand for. The IDs are pasted or come from a selection in the list.
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

// selectedForWorkbench converts a selection from the list of orders to IDs that a person can read and edit.
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

// workbenchPage shows the form again with the result of the check. invalid holds the field errors.
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
		Kinds:  []choice{{"", "Choose an action", in.Kind == ""}},
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

// payload returns the payload of the chosen kind. It ignores the inputs of other kinds.
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

// typedNumber parses a whole number; it returns nil for any other text.
func typedNumber(text string) *int64 {
	n, problem := readWhole(text)
	if problem != "" {
		return nil
	}
	return &n
}

// problems returns the errors in the numbers of the chosen kind, with the messages of the form for one order.
func (in workbenchInput) problems() models.Invalid {
	fields := orderFields{Kind: in.Kind, Remains: in.Remains, StartCount: in.StartCount}
	fields.action(models.Key{})
	return fields.problems
}

// runWorkbench creates a batch from the confirmed form.
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

// checkAgain checks the same orders again after a confirmation that failed.
func (a *app) checkAgain(c *fiber.Ctx, v models.Viewer, in workbenchInput, keys []models.Key, invalid models.Invalid) error {
	in.Text, in.Panel = v.KeysText(keys), 0
	check, err := a.checkOrders(c.UserContext(), v, in)
	if err != nil && !errors.As(err, &models.Invalid{}) {
		return err
	}
	if check != nil {
		check.Problem = words(invalid)
		if check.Confirm != nil && invalid["count"] != "" {
			check.Confirm.Error = "Type " + strconv.Itoa(check.Confirm.Count) + " to continue."
		}
	}
	return a.workbenchPage(c, in, check, invalid)
}

// newFormKey returns an idempotency key for a form: if the same form is sent twice, it counts once.
func newFormKey() string { return rand.Text() }

package handlers

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// lists holds all lists; the noun in their address identifies them.
var lists = []*models.List{models.OrderList, models.TicketList, models.UserList, models.PaymentList, models.ServiceList, models.ActivityList,
	models.OutboxList, models.ReportList, models.ServiceChangeList}

// viewForm is the form for a new saved view, or with Delete for an existing one.
type viewForm struct {
	ID, Action, List, Query string
	Name                    field
	Shared, Default         bool
	MayShare, Editable      bool
	Maker, DefaultWords     string
	Submit                  string
	Delete, DeleteWord      string
}

// viewPage shows a view's form as a page, after a submit with errors.
type viewPage struct {
	Shell shell
	Title string
	Back  string
	Form  viewForm
}

func newViewForm(v models.Viewer, l *models.List, query string) *viewForm {
	return &viewForm{ID: l.Noun + "-view-new", Action: "/views", List: l.Noun, Query: query, Editable: true, MayShare: v.MayShareViews(),
		DefaultWords: defaultWords(l.Noun), Submit: "Save view"}
}

func editForm(v models.Viewer, s models.SavedView) *viewForm {
	f := &viewForm{ID: s.List + "-view-edit", Action: viewPath(s.ID), List: s.List, Name: field{Value: s.Name}, Shared: s.Shared(), Default: s.Default,
		Editable: s.EditableBy(v), MayShare: s.IsOf(v) && v.MayShareViews(), DefaultWords: defaultWords(s.List), Submit: "Save"}
	if !s.IsOf(v) {
		f.Maker = s.Maker
	}
	if f.Editable {
		f.Delete, f.DeleteWord = f.Action+"/delete", "Delete view"
		if s.Shared() {
			f.DeleteWord = "Delete for everybody"
		}
	}
	return f
}

func defaultWords(noun string) string { return "Open " + listTitles[noun] + " with this view" }

// viewFields are the form fields of a view.
type viewFields struct {
	List    string `form:"list"`
	Query   string `form:"query"`
	Name    string `form:"name"`
	Shared  string `form:"shared"`
	Default string `form:"default"`
}

func (f viewFields) input() models.ViewInput {
	return models.ViewInput{Name: f.Name, Shared: f.Shared != "", Default: f.Default != ""}
}

// asked returns the list of a view and the query to save.
func (a *app) asked(c *fiber.Ctx, f viewFields) (*models.List, models.ListQuery, error) {
	i := slices.IndexFunc(lists, func(l *models.List) bool { return l.Noun == f.List })
	values, err := url.ParseQuery(f.Query)
	if i < 0 || err != nil {
		return nil, models.ListQuery{}, errForm
	}
	v := viewer(c)
	return lists[i], models.ParseListQuery(lists[i].For(v), values, v.Zone, a.Now()), nil
}

func (a *app) createView(c *fiber.Ctx) error {
	var fields viewFields
	if err := readForm(c, &fields); err != nil {
		return err
	}
	l, q, err := a.asked(c, fields)
	if err != nil {
		return err
	}
	id, err := a.DB.CreateView(c.UserContext(), viewer(c), l, q, fields.input())
	if problems, ok := fieldErrors(err); ok {
		form := newViewForm(viewer(c), l, fields.Query)
		return a.viewCameBack(c, form, fields, problems)
	}
	if err != nil {
		return err
	}
	return a.toView(c, l.Noun, id)
}

func (a *app) changeView(c *fiber.Ctx) error {
	var fields viewFields
	s, err := a.viewToChange(c, &fields)
	if err != nil {
		return err
	}
	err = a.DB.ChangeView(c.UserContext(), viewer(c), s.ID, fields.input())
	if problems, ok := fieldErrors(err); ok {
		return a.viewCameBack(c, editForm(viewer(c), s), fields, problems)
	}
	if err != nil {
		return err
	}
	return a.toView(c, s.List, s.ID)
}

func (a *app) setViewQuery(c *fiber.Ctx) error {
	var fields viewFields
	s, err := a.viewToChange(c, &fields)
	if err != nil {
		return err
	}
	l, q, err := a.asked(c, fields)
	if err != nil {
		return err
	}
	if err := a.DB.SetViewQuery(c.UserContext(), viewer(c), s.ID, l, q); err != nil {
		return err
	}
	return a.toView(c, s.List, s.ID)
}

func (a *app) deleteView(c *fiber.Ctx) error {
	s, err := a.viewToChange(c, &viewFields{})
	if err != nil {
		return err
	}
	if err := a.DB.DeleteView(c.UserContext(), viewer(c), s.ID); err != nil {
		return err
	}
	a.saved.drop()
	a.changed(c, jobs.ViewsVersion)
	return back(c, "/"+s.List)
}

// viewToChange reads the form and finds the view in the address.
func (a *app) viewToChange(c *fiber.Ctx, fields *viewFields) (models.SavedView, error) {
	if err := readForm(c, fields); err != nil {
		return models.SavedView{}, err
	}
	id, err := strconv.ParseInt(c.Params("view"), 10, 64)
	if err != nil {
		return models.SavedView{}, models.ErrNotFound
	}
	return a.DB.SavedView(c.UserContext(), viewer(c), id)
}

// toView redirects to the list with the changed view.
func (a *app) toView(c *fiber.Ctx, noun string, id int64) error {
	a.saved.drop()
	a.changed(c, jobs.ViewsVersion)
	return back(c, "/"+noun+"?view="+pathID(id))
}

// viewCameBack shows a form again with the typed values and the errors.
func (a *app) viewCameBack(c *fiber.Ctx, form *viewForm, typed viewFields, problems models.Invalid) error {
	form.Name, form.Shared, form.Default = field{typed.Name, problems["name"]}, typed.Shared != "", typed.Default != ""
	c.Status(fiber.StatusUnprocessableEntity)
	if isHTMX(c) {
		c.Set("HX-Retarget", "#"+form.ID)
		c.Set("HX-Reswap", "outerHTML")
		c.Set("HX-Push-Url", "false")
		return a.render(c, "list/view-form", form)
	}
	shell, err := a.shell(c, "Saved view", form.List)
	if err != nil {
		return err
	}
	return a.render(c, "list/view", viewPage{Shell: shell, Title: "Saved view", Back: "/" + form.List + "?" + typed.Query, Form: *form})
}

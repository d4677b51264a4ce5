package handlers

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

const cannedPath = "/settings/replies"

// cannedPage is the page Settings › Canned replies.
type cannedPage struct {
	Shell   shell
	Folders []cannedFolder
	Form    cannedForm
	Open    bool // the form for a new reply is unfolded
	May     bool
}

type cannedFolder struct {
	Name string
	Rows []cannedRow
}

type cannedRow struct {
	ID                   int64
	Title, Preview, Then string
	Audience, Uses       string
	URL                  string // "" when the viewer may not change it
}

// cannedForm is the form for a new or an existing canned reply.
type cannedForm struct {
	Action, Submit      string
	Title, Folder, Body field
	ThenDone, ThenAsk   bool
	ThenOrder           []choice
	ThenError           string
	Folders             []string
	Shared, MayShare    bool
	Variables           []string
}

// cannedOne is the page of one canned reply: its form and its removal.
type cannedOne struct {
	Shell     shell
	Name      string
	Form      cannedForm
	RemoveURL string
}

// previewLength is how many characters of a reply's body the list shows.
const previewLength = 140

func (a *app) cannedReplies(c *fiber.Ctx) error {
	return a.cannedPage(c, newCannedForm(viewer(c), models.CannedReply{OwnerID: viewer(c).StaffID}, nil), false)
}

func (a *app) cannedPage(c *fiber.Ctx, form cannedForm, open bool) error {
	v := viewer(c)
	rows, err := a.DB.CannedReplies(c.UserContext(), v, "")
	if err != nil {
		return err
	}
	page := cannedPage{Form: form, Open: open || len(rows) == 0, May: models.KindReply.May(v)}
	for _, r := range rows {
		if n := len(page.Folders); n == 0 || !strings.EqualFold(page.Folders[n-1].Name, r.Folder) {
			page.Folders = append(page.Folders, cannedFolder{Name: r.Folder})
			page.Form.Folders = append(page.Form.Folders, r.Folder)
		}
		last := &page.Folders[len(page.Folders)-1]
		last.Rows = append(last.Rows, newCannedRow(v, r))
	}
	if page.Shell, err = a.shell(c, "Canned replies", "replies"); err != nil {
		return err
	}
	return a.render(c, "settings/replies", page)
}

func newCannedRow(v models.Viewer, r models.CannedReply) cannedRow {
	row := cannedRow{ID: r.ID, Title: r.Title, Preview: start(r.Body, previewLength), Then: thenWords(r), Audience: "Everybody", Uses: number(r.Uses)}
	if r.OwnerID != 0 {
		row.Audience = "Only me"
	}
	if r.ChangeableBy(v) {
		row.URL = cannedPath + "/" + pathID(r.ID)
	}
	return row
}

// start returns the first most characters of a text, on one line.
func start(text string, most int) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) <= most {
		return string(runes)
	}
	return string(runes[:most]) + "…"
}

// thenWords describes the extra steps of a macro.
func thenWords(r models.CannedReply) string {
	var does []string
	if r.ThenAssign {
		does = append(does, "assign to me")
	}
	if do, ok := models.MacroOrderNamed(r.ThenOrder); ok {
		does = append(does, "order: "+strings.ToLower(do.Label))
	}
	if r.ThenDone {
		does = append(does, "mark done")
	}
	return strings.Join(does, ", ")
}

func newCannedForm(v models.Viewer, r models.CannedReply, problems models.Invalid) cannedForm {
	form := cannedForm{
		Action: cannedPath, Submit: "Add canned reply", Title: field{r.Title, problems["title"]}, Folder: field{r.Folder, problems["folder"]},
		Body: field{r.Body, problems["body"]}, ThenDone: r.ThenDone, ThenAsk: r.ThenAssign, ThenError: problems["then_order"],
		Shared: r.OwnerID == 0, MayShare: v.Can(models.PermManage), Variables: models.Variables,
		ThenOrder: []choice{{Label: "Nothing", Current: r.ThenOrder == ""}},
	}
	for _, do := range models.MacroOrders {
		form.ThenOrder = append(form.ThenOrder, choice{Value: do.Name, Label: do.Label, Current: do.Name == r.ThenOrder})
	}
	return form
}

// saveCanned reads the form and calls save. If a field is wrong, it returns the form with its field errors.
func (a *app) saveCanned(c *fiber.Ctx, id int64, save func(models.CannedReply) error) (form cannedForm, wrong bool, err error) {
	var in struct {
		Title     string `form:"title"`
		Folder    string `form:"folder"`
		Body      string `form:"body"`
		For       string `form:"for"`
		ThenDone  string `form:"then_done"`
		ThenMe    string `form:"then_assign"`
		ThenOrder string `form:"then_order"`
	}
	if err := readForm(c, &in); err != nil {
		return form, false, err
	}
	v := viewer(c)
	r := models.CannedReply{ID: id, OwnerID: v.StaffID, Title: strings.TrimSpace(in.Title), Folder: strings.TrimSpace(in.Folder),
		Body: strings.ReplaceAll(in.Body, "\r\n", "\n"), ThenDone: in.ThenDone == "1", ThenAssign: in.ThenMe == "1", ThenOrder: in.ThenOrder}
	if in.For == "everybody" {
		r.OwnerID = 0
	}
	err = save(r)
	problems, wrong := fieldErrors(err)
	if !wrong {
		return form, false, err
	}
	return newCannedForm(v, r, problems), true, nil
}

func (a *app) addCanned(c *fiber.Ctx) error {
	form, wrong, err := a.saveCanned(c, 0, func(r models.CannedReply) error { return a.DB.AddCannedReply(c.UserContext(), viewer(c), r) })
	if err != nil {
		return err
	}
	if wrong {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.cannedPage(c, form, true)
	}
	return back(c, cannedPath)
}

func (a *app) canned(c *fiber.Ctx) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	r, err := a.DB.CannedReply(c.UserContext(), viewer(c), id)
	if err != nil {
		return err
	}
	if !r.ChangeableBy(viewer(c)) {
		return models.ErrNotAllowed
	}
	return a.cannedOne(c, id, newCannedForm(viewer(c), r, nil))
}

func (a *app) cannedOne(c *fiber.Ctx, id int64, form cannedForm) (err error) {
	path := cannedPath + "/" + pathID(id)
	form.Action, form.Submit = path, "Save"
	page := cannedOne{Name: form.Title.Value, Form: form, RemoveURL: path + "/remove"}
	if page.Shell, err = a.shell(c, "Canned reply", "replies"); err != nil {
		return err
	}
	return a.render(c, "settings/reply", page)
}

func (a *app) changeCanned(c *fiber.Ctx) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	form, wrong, err := a.saveCanned(c, id, func(r models.CannedReply) error { return a.DB.ChangeCannedReply(c.UserContext(), viewer(c), r) })
	if err != nil {
		return err
	}
	if wrong {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.cannedOne(c, id, form)
	}
	return back(c, cannedPath)
}

func (a *app) removeCanned(c *fiber.Ctx) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	if err := a.DB.RemoveCannedReply(c.UserContext(), viewer(c), id); err != nil {
		return err
	}
	return back(c, cannedPath)
}

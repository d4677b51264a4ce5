package handlers

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// methodsPage is the page Settings › Payment methods.
type methodsPage struct {
	Shell   shell
	Methods []methodRow
	Form    methodForm
	Open    bool // the form for a new method is unfolded
	Limits  limitsForm
}

type methodRow struct {
	ID                int64
	Internal, Display string
	Min, Max, Order   string
	URL               string // "" when the viewer may not change it
	AllPanels         bool
	Panels            []models.PanelRef
}

// methodForm is the form for a new or an existing method.
type methodForm struct {
	Action, Submit              string
	Internal, Display, Min, Max field
	Order                       field
	Panels                      panelChoice
}

// limitsForm holds the amounts above which a new payment needs a recent confirmation or a second person.
type limitsForm struct {
	May            bool
	Recent, Second field
}

// methodPage is one method's page: its form and its removal.
type methodPage struct {
	Shell     shell
	Name      string
	Form      methodForm
	RemoveURL string
}

const methodsPath = "/settings/payment-methods"

func (a *app) paymentMethods(c *fiber.Ctx) error {
	return a.methodsPage(c, methodsPage{Form: newMethodForm(viewer(c), models.PaymentMethod{AllPanels: true}, nil)})
}

// methodsPage shows the methods. The forms in p keep their typed values; empty forms show the stored ones.
func (a *app) methodsPage(c *fiber.Ctx, p methodsPage) error {
	ctx, v := c.UserContext(), viewer(c)
	methods, err := a.DB.ManagedPaymentMethods(ctx, v)
	if err != nil {
		return err
	}
	for _, m := range methods {
		p.Methods = append(p.Methods, newMethodRow(v, m))
	}
	if p.Limits == (limitsForm{}) {
		limits, err := a.DB.PaymentLimits(ctx)
		if err != nil {
			return err
		}
		p.Limits = limitsForm{Recent: field{Value: limitText(limits.RecentAbove)}, Second: field{Value: limitText(limits.SecondPersonAbove)}}
	}
	p.Limits.May = v.AllPanels
	p.Open = p.Open || len(methods) == 0
	if p.Shell, err = a.shell(c, "Payment methods", "payment-methods"); err != nil {
		return err
	}
	return a.render(c, "settings/payment-methods", p)
}

func newMethodRow(v models.Viewer, m models.PaymentMethod) methodRow {
	row := methodRow{ID: m.ID, Internal: m.InternalName, Display: m.DisplayName, Min: orNone(limitText(m.Min)), Max: orNone(limitText(m.Max)),
		Order: strconv.Itoa(m.Position), AllPanels: m.AllPanels, Panels: panelRefs(v, m.Panels)}
	if m.ChangeableBy(v) {
		row.URL = methodsPath + "/" + pathID(m.ID)
	}
	return row
}

// panelRefs returns the panels with these IDs that the viewer may see, in the viewer's order.
func panelRefs(v models.Viewer, ids []int64) []models.PanelRef {
	var refs []models.PanelRef
	for _, p := range v.Panels {
		for _, id := range ids {
			if p.ID == id {
				refs = append(refs, p)
			}
		}
	}
	return refs
}

// newMethodForm shows a method, or typed values with their errors.
func newMethodForm(v models.Viewer, m models.PaymentMethod, problems models.Invalid) methodForm {
	return methodForm{
		Action: methodsPath, Submit: "Add payment method",
		Internal: field{m.InternalName, problems["internal_name"]}, Display: field{m.DisplayName, problems["display_name"]},
		Min: field{limitText(m.Min), problems["min"]}, Max: field{limitText(m.Max), problems["max"]},
		Order: field{strconv.Itoa(max(m.Position, 0)), problems["order"]}, Panels: newPanelChoice(v, m.AllPanels, m.Panels, problems["panels"]),
	}
}

// methodInput holds the sent form of a method. A form without any panel field means all panels.
type methodInput struct {
	Internal  string  `form:"internal_name"`
	Display   string  `form:"display_name"`
	Min       string  `form:"min"`
	Max       string  `form:"max"`
	Order     string  `form:"order"`
	AllPanels string  `form:"all_panels"`
	Panels    []int64 `form:"panels"`
}

// saveMethod reads the form and calls save. If a field is wrong, it returns the form with its field errors.
func (a *app) saveMethod(c *fiber.Ctx, id int64, save func(models.PaymentMethod) error) (form methodForm, wrong bool, err error) {
	var in methodInput
	if err := readForm(c, &in); err != nil {
		return form, false, err
	}
	v, money, numbers := viewer(c), amounts{}, wholeNumbers{}
	m := models.PaymentMethod{ID: id, InternalName: in.Internal, DisplayName: in.Display, Min: money.read("min", in.Min),
		Max: money.read("max", in.Max), Panels: in.Panels}
	if in.Order != "" {
		m.Position = numbers.read("order", in.Order)
	}
	m.AllPanels = in.AllPanels == "1" || in.AllPanels == "" && len(in.Panels) == 0 && v.AllPanels
	if m.AllPanels {
		m.Panels = nil
	}
	if len(money) > 0 {
		err = models.Invalid(money)
	} else {
		err = save(m)
	}
	problems, wrong := money.with(err)
	if !wrong {
		return form, false, err
	}
	form = newMethodForm(v, m, problems)
	form.Min.Value, form.Max.Value, form.Order.Value = in.Min, in.Max, in.Order
	return form, true, nil
}

func (a *app) addPaymentMethod(c *fiber.Ctx) error {
	form, wrong, err := a.saveMethod(c, 0, func(m models.PaymentMethod) error {
		return a.DB.AddPaymentMethod(c.UserContext(), viewer(c), m)
	})
	if err != nil {
		return err
	}
	if wrong {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.methodsPage(c, methodsPage{Form: form, Open: true})
	}
	return back(c, methodsPath)
}

func (a *app) paymentMethod(c *fiber.Ctx) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	m, err := a.DB.PaymentMethod(c.UserContext(), viewer(c), id)
	if err != nil {
		return err
	}
	return a.methodPage(c, id, newMethodForm(viewer(c), m, nil))
}

func (a *app) methodPage(c *fiber.Ctx, id int64, form methodForm) (err error) {
	path := methodsPath + "/" + pathID(id)
	form.Action, form.Submit = path, "Save"
	page := methodPage{Name: form.Display.Value, Form: form, RemoveURL: path + "/remove"}
	if page.Shell, err = a.shell(c, "Payment method", "payment-methods"); err != nil {
		return err
	}
	return a.render(c, "settings/payment-method", page)
}

func (a *app) changePaymentMethod(c *fiber.Ctx) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	form, wrong, err := a.saveMethod(c, id, func(m models.PaymentMethod) error {
		return a.DB.ChangePaymentMethod(c.UserContext(), viewer(c), m)
	})
	if err != nil {
		return err
	}
	if wrong {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.methodPage(c, id, form)
	}
	return back(c, methodsPath)
}

func (a *app) removePaymentMethod(c *fiber.Ctx) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	if err := a.DB.RemovePaymentMethod(c.UserContext(), viewer(c), id); err != nil {
		return err
	}
	return back(c, methodsPath)
}

func (a *app) setPaymentLimits(c *fiber.Ctx) error {
	var form struct {
		Recent string `form:"recent_above"`
		Second string `form:"second_person_above"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	v, money := viewer(c), amounts{}
	limits := models.PaymentLimits{RecentAbove: money.read("recent_above", form.Recent), SecondPersonAbove: money.read("second_person_above", form.Second)}
	err := error(models.Invalid(money))
	if len(money) == 0 || !v.Can(models.PermManage) || !v.AllPanels {
		err = a.DB.SetPaymentLimits(c.UserContext(), v, limits)
	}
	if problems, wrong := money.with(err); wrong {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.methodsPage(c, methodsPage{Form: newMethodForm(v, models.PaymentMethod{AllPanels: true}, nil),
			Limits: limitsForm{Recent: field{form.Recent, problems["recent_above"]}, Second: field{form.Second, problems["second_person_above"]}}})
	}
	if err != nil {
		return err
	}
	return back(c, methodsPath)
}

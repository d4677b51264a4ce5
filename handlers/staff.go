package handlers

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// staffPage is the page Settings › Staff.
type staffPage struct {
	Shell   shell
	Members []memberRow
	Form    staffForm
	Open    bool // the form for a new staff member is unfolded
	Link    *inviteLink
}

// memberRow is one staff member in the table. URL is "" if the viewer may not change them.
type memberRow struct {
	TwoFactor           string
	ID                  int64
	URL, Username, Role string
	You, AllPanels      bool
	Panels              []models.PanelRef
	LastSeen            stamp
	State               badge
	StateWords, Differs string
}

// staffForm is the form for a new staff member. It never contains a typed password.
type staffForm struct {
	Username, Password field
	Roles              []choice
	RoleError          string
	Panels             panelChoice
}

// panelChoice is the choice of a staff member's panels: all, or a list.
type panelChoice struct {
	All, MayAll bool
	Panels      []switchPanel
	Error       string
}

// inviteLink is a one-time link, shown once.
type inviteLink struct {
	Username, URL string
	Until         stamp
}

// roleWords describes each role.
var roleWords = map[models.Role]string{
	models.RoleOwner:  "Owner: everything, on all panels",
	models.RoleAdmin:  "Admin: everything but owners",
	models.RoleAgent:  "Agent: works on orders and tickets",
	models.RoleViewer: "Viewer: looks and changes nothing",
}

func (a *app) staff(c *fiber.Ctx) error { return a.staffPage(c, staffPage{}) }

// staffPage shows the staff table and the form, empty or with typed values and errors.
func (a *app) staffPage(c *fiber.Ctx, p staffPage) error {
	v := viewer(c)
	members, err := a.DB.Members(c.UserContext(), v)
	if err != nil {
		return err
	}
	for _, m := range members {
		p.Members = append(p.Members, a.memberRow(v, m))
	}
	if p.Form.Roles == nil {
		p.Form = newStaffForm(v, models.NewStaff{Role: models.RoleAgent}, nil)
	}
	if p.Shell, err = a.shell(c, "Staff", "staff"); err != nil {
		return err
	}
	return a.render(c, "settings/staff", p)
}

func (a *app) memberRow(v models.Viewer, m models.Member) memberRow {
	row := memberRow{ID: m.ID, Username: m.Username, Role: humanize(string(m.Role)), You: m.ID == v.StaffID, AllPanels: m.AllPanels,
		Panels: refs(v, m.Panels), LastSeen: a.lastSeen(v, m), Differs: differsWords(m.Rights)}
	row.TwoFactor = "Off"
	if m.TwoFactor {
		row.TwoFactor = "On"
	}
	if m.Changeable {
		row.URL = "/settings/staff/" + pathID(m.ID)
	}
	row.State, row.StateWords = a.memberState(v, m)
	return row
}

func (a *app) lastSeen(v models.Viewer, m models.Member) stamp {
	if m.LastSeenAt.IsZero() {
		return stamp{Short: "Never"}
	}
	return newStamp(m.LastSeenAt, a.Now(), v.Zone)
}

// memberState says whether a staff member can log in, and otherwise the reason.
func (a *app) memberState(v models.Viewer, m models.Member) (badge, string) {
	switch {
	case !m.DisabledAt.IsZero():
		return badge{Label: "Disabled", Tone: "off"}, "since " + newStamp(m.DisabledAt, a.Now(), v.Zone).Short
	case !m.InvitedUntil.IsZero() && !m.HasPassword():
		return badge{Label: "Invited", Tone: "waiting"}, "until " + newStamp(m.InvitedUntil, a.Now(), v.Zone).Short
	case !m.HasPassword():
		return badge{Label: "No password", Tone: "waiting"}, "send a new link"
	case !m.InvitedUntil.IsZero():
		return badge{Label: "Active", Tone: "done"}, "one-time link until " + newStamp(m.InvitedUntil, a.Now(), v.Zone).Short
	case m.MustChangePassword:
		return badge{Label: "Active", Tone: "done"}, "password to be changed"
	}
	return badge{Label: "Active", Tone: "done"}, ""
}

// differsWords says how a person's rights differ from their role, such as "may also: Export".
func differsWords(r models.Rights) string {
	var more, less []string
	for _, info := range models.Permissions {
		switch with, without := r.Can(info.Name), (models.Rights{Role: r.Role}).Can(info.Name); {
		case with && !without:
			more = append(more, strings.ToLower(info.Label))
		case without && !with:
			less = append(less, strings.ToLower(info.Label))
		}
	}
	var parts []string
	if len(more) > 0 {
		parts = append(parts, "may also "+strings.Join(more, ", "))
	}
	if len(less) > 0 {
		parts = append(parts, "may not "+strings.Join(less, ", "))
	}
	return strings.Join(parts, "; ")
}

// refs returns the panels with these IDs that the viewer may see.
func refs(v models.Viewer, ids []int64) []models.PanelRef {
	var panels []models.PanelRef
	for _, id := range ids {
		if p, ok := v.Panel(id); ok {
			panels = append(panels, p)
		}
	}
	return panels
}

// newStaffForm returns the form with typed values and errors, but without the password.
func newStaffForm(v models.Viewer, n models.NewStaff, problems models.Invalid) staffForm {
	form := staffForm{Username: field{n.Username, problems["username"]}, Password: field{Error: problems["password"]},
		Roles: roleChoices(v, n.Role), RoleError: problems["role"], Panels: newPanelChoice(v, n.AllPanels, n.Panels, problems["panels"])}
	if words := problems["permissions"]; words != "" {
		form.RoleError = words
	}
	return form
}

// roleChoices returns the roles; only an owner gets the role of an owner.
func roleChoices(v models.Viewer, chosen models.Role) []choice {
	var all []choice
	for _, role := range models.Roles {
		if role != models.RoleOwner || v.Role == models.RoleOwner {
			all = append(all, choice{Value: string(role), Label: roleWords[role], Current: role == chosen})
		}
	}
	return all
}

func newPanelChoice(v models.Viewer, all bool, chosen []int64, problem string) panelChoice {
	p := panelChoice{All: all, MayAll: v.AllPanels || v.Role == models.RoleOwner, Error: problem}
	for _, panel := range v.Panels {
		is := false
		for _, id := range chosen {
			is = is || id == panel.ID
		}
		p.Panels = append(p.Panels, switchPanel{panel, is})
	}
	return p
}

// addStaff adds a staff member with a password, or without one and with a link to set it.
func (a *app) addStaff(c *fiber.Ctx) error {
	var form struct {
		Username    string  `form:"username"`
		Password    string  `form:"password"`
		Role        string  `form:"role"`
		Panels      []int64 `form:"panels"`
		AllPanels   string  `form:"all_panels"`
		ForceChange string  `form:"force_change"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	v := viewer(c)
	n := models.NewStaff{Username: form.Username, Password: form.Password, Role: models.Role(form.Role), Panels: form.Panels,
		AllPanels: checked(form.AllPanels), MustChangePassword: checked(form.ForceChange)}
	added, err := a.DB.AddMember(c.UserContext(), v, n)
	if problems, ok := fieldErrors(err); ok {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.staffPage(c, staffPage{Form: newStaffForm(v, n, problems), Open: true})
	}
	if err != nil {
		return err
	}
	a.changed(c, jobs.StaffVersion)
	if form.Password == "" {
		return a.showInvitation(c, added.ID, added.Username)
	}
	return back(c, "/settings/staff")
}

// checked reports whether a form contains a checked checkbox or the radio button "yes".
func checked(value string) bool { return value != "" && value != "0" && value != "false" }

package handlers

import (
	"context"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// memberPage shows one staff member's settings.
type memberPage struct {
	Shell           shell
	Path, Username  string
	You             bool
	Disabled        bool
	TwoFactor       bool
	State           badge
	StateWords      string
	LastSeen        stamp
	Saved           string
	Roles           []choice
	RoleError       string
	Permissions     []permissionLine
	PermissionError string
	Panels          panelChoice
	Password        field
	InviteError     string
	DisableError    string
	RemoveError     string
	Did             []activityLine
}

// permissionLine is one permission in the form, with three choices: the role's default, allowed, denied.
type permissionLine struct {
	Name, Label, Words, Roles string
	Choices                   []choice
}

// memberSaved maps the "saved" parameter of the address to the message that the page shows after a change.
var memberSaved = map[string]string{ // #nosec G101 -- messages
	"rights":        "Saved. The change applies from their next click.",
	"no-password":   "Saved. This member has no password and cannot log in. Make a one-time link. A password ends when the admin who set it may no longer change the member.",
	"password":      "The password is set. All sessions of this member have ended.",
	"disabled":      "This member cannot log in any more. All their sessions have ended.",
	"enabled":       "This member can log in again.",
	"second-factor": "Two-factor login is off for this member. They log in with the password only until they set it up again.",
	"sessions":      "All sessions of this member have ended.",
}

func memberID(c *fiber.Ctx) (int64, error) {
	id, err := strconv.ParseInt(c.Params("id"), 10, 64)
	if err != nil {
		return 0, models.ErrNotFound
	}
	return id, nil
}

func memberPath(id int64) string { return "/settings/staff/" + pathID(id) }

func (a *app) member(c *fiber.Ctx) error { return a.memberPage(c, nil, nil) }

// memberPage shows a staff member's settings. input holds the typed values; nil shows the stored ones.
func (a *app) memberPage(c *fiber.Ctx, input *models.MemberInput, problems models.Invalid) error {
	id, err := memberID(c)
	if err != nil {
		return err
	}
	v := viewer(c)
	m, err := a.DB.Member(c.UserContext(), v, id)
	if err == nil && !m.Changeable {
		err = models.ErrNotAllowed
	}
	if err != nil {
		return err
	}
	if input == nil {
		input = &models.MemberInput{Role: m.Role, Granted: m.Granted, Taken: m.Taken, AllPanels: m.AllPanels, Panels: m.Panels}
	}
	p := memberPage{Path: memberPath(id), Username: m.Username, You: id == v.StaffID, Disabled: !m.DisabledAt.IsZero(), TwoFactor: m.TwoFactor,
		LastSeen: a.lastSeen(v, m), Saved: memberSavedWords(c.Query("saved"), m),
		Roles: roleChoices(v, input.Role), RoleError: problems["role"],
		Permissions: permissionLines(v, *input), PermissionError: problems["permissions"],
		Panels:   newPanelChoice(v, input.AllPanels, input.Panels, problems["panels"]),
		Password: field{Error: problems["password"]}, InviteError: problems["invite"],
		DisableError: problems["disable"], RemoveError: problems["confirm"]}
	if p.Did, err = a.ofStaff(c.UserContext(), v, id); err != nil {
		return err
	}
	p.State, p.StateWords = a.memberState(v, m)
	if p.Shell, err = a.shell(c, m.Username, "staff"); err != nil {
		return err
	}
	return a.render(c, "settings/member", p)
}

// memberSavedWords returns the message after a change. A change that extends someone's rights may remove their
// password; then the message says so.
func memberSavedWords(saved string, m models.Member) string {
	if saved == "rights" && !m.HasPassword() {
		saved = "no-password"
	}
	return memberSaved[saved]
}

// permissionLines returns all permissions as form lines. The viewer cannot allow a permission that they lack.
func permissionLines(v models.Viewer, in models.MemberInput) []permissionLine {
	var lines []permissionLine
	for _, info := range models.Permissions {
		line := permissionLine{Name: "perm_" + string(info.Name), Label: info.Label, Words: info.Words, Roles: roleNames(info)}
		chosen := ""
		for value, list := range map[string][]models.Permission{"allow": in.Granted, "deny": in.Taken} {
			for _, p := range list {
				if p == info.Name {
					chosen = value
				}
			}
		}
		line.Choices = choices(chosen, choice{Value: "", Label: "Default of the role"}, choice{Value: "deny", Label: "Not allowed"})
		if v.Can(info.Name) {
			line.Choices = choices(chosen, choice{Value: "", Label: "Default of the role"}, choice{Value: "allow", Label: "Allowed"},
				choice{Value: "deny", Label: "Not allowed"})
		}
		lines = append(lines, line)
	}
	return lines
}

// roleNames lists the roles that have a permission by default, such as "Owners, admins and agents".
func roleNames(info models.PermissionInfo) string {
	names := []string{"Owners"}
	for _, role := range info.Roles {
		names = append(names, string(role)+"s")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

func (a *app) updateMember(c *fiber.Ctx) error {
	var form struct {
		Role      string  `form:"role"`
		Panels    []int64 `form:"panels"`
		AllPanels string  `form:"all_panels"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	in := models.MemberInput{Role: models.Role(form.Role), AllPanels: checked(form.AllPanels), Panels: form.Panels}
	for _, info := range models.Permissions {
		switch string(c.Request().PostArgs().Peek("perm_" + string(info.Name))) {
		case "allow":
			in.Granted = append(in.Granted, info.Name)
		case "deny":
			in.Taken = append(in.Taken, info.Name)
		}
	}
	return a.changeMember(c, "rights", &in, func(ctx context.Context, v models.Viewer, id int64) error {
		return a.DB.ChangeMember(ctx, v, id, in)
	})
}

func (a *app) setMemberPassword(c *fiber.Ctx) error {
	var form struct {
		Password    string `form:"password"`
		ForceChange string `form:"force_change"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	return a.changeMember(c, "password", nil, func(ctx context.Context, v models.Viewer, id int64) error {
		return a.DB.SetMemberPassword(ctx, v, id, form.Password, checked(form.ForceChange))
	})
}

func (a *app) disableMember(c *fiber.Ctx) error {
	return a.changeMember(c, "disabled", nil, a.DB.DisableMember)
}

func (a *app) enableMember(c *fiber.Ctx) error {
	return a.changeMember(c, "enabled", nil, a.DB.EnableMember)
}

func (a *app) endMemberSessions(c *fiber.Ctx) error {
	return a.changeMember(c, "sessions", nil, a.DB.EndMemberSessions)
}

func (a *app) resetSecondFactor(c *fiber.Ctx) error {
	return a.changeMember(c, "second-factor", nil, a.DB.ResetSecondFactor)
}

func (a *app) removeMember(c *fiber.Ctx) error {
	var form struct {
		Confirm string `form:"confirm"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	return a.changeMember(c, "", nil, func(ctx context.Context, v models.Viewer, id int64) error {
		return a.DB.RemoveMember(ctx, v, id, form.Confirm)
	})
}

// changeMember applies one change to a staff member and confirms it on their page, or on the staff list if they were
// removed.
func (a *app) changeMember(c *fiber.Ctx, saved string, input *models.MemberInput, change func(context.Context, models.Viewer, int64) error) error {
	id, err := memberID(c)
	if err != nil {
		return err
	}
	err = change(c.UserContext(), viewer(c), id)
	if problems, ok := fieldErrors(err); ok {
		c.Status(fiber.StatusUnprocessableEntity)
		return a.memberPage(c, input, problems)
	}
	if err != nil {
		return err
	}
	a.changed(c, jobs.StaffVersion)
	if saved == "" {
		return back(c, "/settings/staff")
	}
	return back(c, memberPath(id)+"?saved="+saved)
}

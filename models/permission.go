package models

import "slices"

// Permission is one thing with a risk that a staff member may do or not.
type Permission string

// The permissions. Their names are stored, so they stay.
const (
	PermOrderCancel   Permission = "order_cancel"
	PermOrderChange   Permission = "order_change"
	PermPaymentAdd    Permission = "payment_add"
	PermUserAdd       Permission = "user_add"
	PermReportResolve Permission = "report_resolve"
	PermExport        Permission = "export"
	PermSeeEmails     Permission = "see_emails"
	PermSeeMoney      Permission = "see_money"
	PermManage        Permission = "manage_settings"
)

// PermissionInfo is what people are told about a permission. Writes says that it changes something, here or on a panel.
// Roles have it unless it is taken from somebody; an owner always has it.
type PermissionInfo struct {
	Name         Permission
	Label, Words string
	Writes       bool
	Roles        []Role
}

// Permissions are all there are, in the order in which they are shown.
var Permissions = []PermissionInfo{
	{PermOrderCancel, "Cancel orders", "Cancel an order with its refund, or ask the provider to cancel it.", true, []Role{RoleAdmin, RoleAgent}},
	{PermOrderChange, "Change orders", "Change an order's status, start count, remains or link, and send it again.", true, []Role{RoleAdmin, RoleAgent}},
	{PermPaymentAdd, "Add payments", "Put money on a customer's balance.", true, []Role{RoleAdmin}},
	{PermUserAdd, "Add users", "Make an account for a customer on a panel.", true, []Role{RoleAdmin}},
	{PermReportResolve, "Resolve reports", "Close the report of a problem with a service.", true, []Role{RoleAdmin, RoleAgent}},
	{PermExport, "Export", "Download lists as CSV files.", false, []Role{RoleAdmin}},
	{PermSeeEmails, "See e-mails", "See customers' e-mail addresses, and search by them.", false, []Role{RoleAdmin, RoleAgent}},
	{PermSeeMoney, "See money", "See charges, costs, balances, payments' amounts, rates and discounts.", false, []Role{RoleAdmin, RoleAgent}},
	{PermManage, "Manage settings", "Change panels, staff, the sync and everything else under Settings.", true, []Role{RoleAdmin}},
}

// Info is what people are told about the permission; ok is false when there is none of that name.
func (p Permission) Info() (info PermissionInfo, ok bool) {
	i := slices.IndexFunc(Permissions, func(info PermissionInfo) bool { return info.Name == p })
	if i < 0 {
		return PermissionInfo{}, false
	}
	return Permissions[i], true
}

// Rights are what a person may do: the permissions of their role, with some granted or taken one by one. An owner has
// all, whatever is taken; a viewer changes nothing, whatever is granted.
type Rights struct {
	Role    Role         `bun:"role"`
	Granted []Permission `bun:"granted,array"`
	Taken   []Permission `bun:"taken,array"`
}

// Can tells whether these rights hold a permission.
func (r Rights) Can(p Permission) bool {
	info, known := p.Info()
	switch {
	case !known:
		return false
	case r.Role == RoleOwner:
		return true
	case r.Role == RoleViewer && info.Writes:
		return false
	case slices.Contains(r.Taken, p):
		return false
	}
	return slices.Contains(info.Roles, r.Role) || slices.Contains(r.Granted, p)
}

// Permissions are all that these rights hold.
func (r Rights) Permissions() []Permission {
	var held []Permission
	for _, info := range Permissions {
		if r.Can(info.Name) {
			held = append(held, info.Name)
		}
	}
	return held
}

// cover tells whether whoever has these rights may give all of other's: only an owner makes or touches an owner, and
// nobody gives what they do not have themselves.
func (r Rights) cover(other Rights) bool {
	if r.Role == RoleOwner {
		return true
	}
	if other.Role == RoleOwner {
		return false
	}
	return !slices.ContainsFunc(other.Permissions(), func(p Permission) bool { return !r.Can(p) })
}

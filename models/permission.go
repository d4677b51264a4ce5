package models

import "slices"

// Permission is a right to do or see something risky.
type Permission string

// The permissions. Their names are stored, so they must not change.
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

// PermissionInfo describes a permission. Writes says that it changes data, here or on a panel. Roles have the
// permission unless it is taken from a member; an owner always has it.
type PermissionInfo struct {
	Name         Permission
	Label, Words string
	Writes       bool
	Roles        []Role
}

// Permissions lists all permissions in display order.
var Permissions = []PermissionInfo{
	{PermOrderCancel, "Cancel orders", "Cancel an order with its refund, or ask the provider to cancel it.", true, []Role{RoleAdmin, RoleAgent}},
	{PermOrderChange, "Change orders", "Change an order's status, start count, remains or link, and send it again.", true, []Role{RoleAdmin, RoleAgent}},
	{PermPaymentAdd, "Add payments", "Put money on a customer's balance.", true, []Role{RoleAdmin}},
	{PermUserAdd, "Add users", "Make an account for a customer on a panel.", true, []Role{RoleAdmin}},
	{PermReportResolve, "Resolve reports", "Close the report of a problem with a service.", true, []Role{RoleAdmin, RoleAgent}},
	{PermExport, "Export", "Download lists as CSV files.", false, []Role{RoleAdmin}},
	{PermSeeEmails, "See e-mails", "See customers' e-mail addresses, and search by them.", false, []Role{RoleAdmin, RoleAgent}},
	{PermSeeMoney, "See money", "See charges, costs, balances, payment amounts, rates and discounts.", false, []Role{RoleAdmin, RoleAgent}},
	{PermManage, "Manage settings", "Change panels, staff, the sync and everything else under Settings.", true, []Role{RoleAdmin}},
}

// Info returns the description of the permission; ok is false for an unknown name.
func (p Permission) Info() (info PermissionInfo, ok bool) {
	i := slices.IndexFunc(Permissions, func(info PermissionInfo) bool { return info.Name == p })
	if i < 0 {
		return PermissionInfo{}, false
	}
	return Permissions[i], true
}

// Rights are a person's permissions: the permissions of their role, with some granted or taken individually. An owner
// has all, even taken ones; a viewer changes nothing, even with a grant.
type Rights struct {
	Role    Role         `bun:"role"`
	Granted []Permission `bun:"granted,array"`
	Taken   []Permission `bun:"taken,array"`
}

// Can reports whether these rights include a permission.
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

// Permissions returns all permissions that these rights include.
func (r Rights) Permissions() []Permission {
	var held []Permission
	for _, info := range Permissions {
		if r.Can(info.Name) {
			held = append(held, info.Name)
		}
	}
	return held
}

// cover reports whether a person with these rights may give all of other's: only an owner can make or change an owner,
// and people can give only permissions that they have.
func (r Rights) cover(other Rights) bool {
	if r.Role == RoleOwner {
		return true
	}
	if other.Role == RoleOwner {
		return false
	}
	return !slices.ContainsFunc(other.Permissions(), func(p Permission) bool { return !r.Can(p) })
}

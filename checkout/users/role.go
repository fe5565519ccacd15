package users

import "slices"

// Role is what a user is at a merchant.
type Role string

// The roles.
const (
	RoleOwner      Role = "owner"
	RoleManager    Role = "manager"
	RoleAccountant Role = "accountant"
	RoleCashier    Role = "cashier"
	RoleDeveloper  Role = "developer"
)

// Roles are all roles, the strongest first.
func Roles() []Role {
	return []Role{RoleOwner, RoleManager, RoleAccountant, RoleCashier, RoleDeveloper}
}

// Right is something that a role may do.
type Right string

// The rights.
const (
	ViewPayments   Right = "view_payments"   // payments, sessions, refunds, customers, takings
	Export         Right = "export"          // files of lists, the daily close
	Reconcile      Right = "reconcile"       // banks' statements, the providers' records, closing days
	ReopenDays     Right = "reopen_days"     // that are closed
	TakePayments   Right = "take_payments"   // create sessions at the counter, see the own shift
	ManageSessions Right = "manage_sessions" // extend or close a session, query the provider now
	Refund         Right = "refund"
	Review         Right = "review" // accept or refund money that does not fit
	ViewLinks      Right = "view_links"
	ManageLinks    Right = "manage_links"
	ViewWebhooks   Right = "view_webhooks"   // endpoints, deliveries with bodies and answers
	ManageWebhooks Right = "manage_webhooks" // endpoints, secrets, resending
	ManageKeys     Right = "manage_keys"
	ViewSettings   Right = "view_settings"
	ManageSettings Right = "manage_settings" // providers and payee accounts included
	ManageTeam     Right = "manage_team"     // users, roles, where they are signed in
	ViewAudit      Right = "view_audit"
)

// Rights are all rights, in the order in which the page of rights shows them.
func Rights() []Right {
	return []Right{
		ViewPayments, Export, Reconcile, ReopenDays, TakePayments, ManageSessions, Refund, Review, ViewLinks, ManageLinks,
		ViewWebhooks, ManageWebhooks, ManageKeys, ViewSettings, ManageSettings, ManageTeam, ViewAudit,
	}
}

// granted is the one table of rights.
var granted = map[Role][]Right{
	RoleOwner: Rights(),
	RoleManager: {
		ViewPayments, Export, Reconcile, TakePayments, ManageSessions, Refund, Review, ViewLinks, ManageLinks,
		ViewWebhooks, ViewSettings, ViewAudit,
	},
	RoleAccountant: {ViewPayments, Export, Reconcile, ViewLinks},
	RoleCashier:    {TakePayments},
	RoleDeveloper:  {ViewWebhooks, ManageWebhooks, ManageKeys, ViewSettings},
}

// May reports whether a role has a right. An unknown role has none.
func (r Role) May(right Right) bool { return slices.Contains(granted[r], right) }

// Valid reports whether a role is one of ours.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

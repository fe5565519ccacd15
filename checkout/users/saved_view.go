package users

import "time"

// SavedView is a list of payments, with its filters, that a user keeps under a name.
type SavedView struct {
	ID         string
	MerchantID string
	UserID     string // who made it, and alone may delete it
	Name       string
	Query      string // of the list's address: known filters only
	Shared     bool   // with all users of the merchant
	CreatedAt  time.Time
}

// MaxSavedViews bounds those of one user at a merchant, and of all shared ones that are
// listed.
const MaxSavedViews = 30

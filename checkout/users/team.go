package users

import (
	"context"
	"time"

	"rieltime/checkout"
)

// mostListed bounds the members and the invitations that are listed of a team.
const mostListed = 200

// teamStore keeps who is in a merchant's team. Changes write a line of the audit trail.
type teamStore interface {
	// Members lists a merchant's members, by their addresses.
	Members(ctx context.Context, merchantID string, limit int) ([]Member, error)

	// SetRole changes the role of a member, and RemoveMember removes one; ErrLastOwner
	// when no owner who may sign in would be left, unless force is true.
	SetRole(ctx context.Context, merchantID, userID string, role Role) error
	RemoveMember(ctx context.Context, merchantID, userID string, force bool) error

	// OpenInvitations lists a merchant's invitations that can be used at now, newest
	// first.
	OpenInvitations(ctx context.Context, merchantID string, now time.Time, limit int) ([]Link, error)

	// WithdrawInvitation ends an invitation of the merchant that was not used.
	WithdrawInvitation(ctx context.Context, merchantID, id string, at time.Time) error
}

// Member is a user in a merchant's team.
type Member struct {
	User
	Role Role
}

// The refusals of changes to a team.
var (
	ErrMember    = &checkout.Error{Kind: checkout.KindConflict, Code: "member_already", Param: "email", Detail: "This person is in the team already."}
	ErrLastOwner = &checkout.Error{Kind: checkout.KindConflict, Code: "last_owner", Param: "role", Detail: "A team needs an owner."}
)

// Members lists a merchant's team, by their addresses.
func (s *Service) Members(ctx context.Context, merchantID string) ([]Member, error) {
	return s.store.Members(ctx, merchantID, mostListed)
}

// Member finds a member of a merchant's team; a user who is none is checkout.ErrNotFound.
func (s *Service) Member(ctx context.Context, merchantID, userID string) (Member, error) {
	memberships, err := s.store.Memberships(ctx, userID)
	if err != nil {
		return Member{}, err
	}

	for _, m := range memberships {
		if m.MerchantID == merchantID {
			user, err := s.store.User(ctx, userID)
			return Member{user, m.Role}, err
		}
	}
	return Member{}, checkout.ErrNotFound
}

// InviteMember makes a link to a merchant's team, as Invite does; ErrMember when the
// address is of a member.
func (s *Service) InviteMember(ctx context.Context, merchantID, email string, role Role) (checkout.Secret, Link, error) {
	address, err := ParseEmail(email)
	if err != nil {
		return "", Link{}, err
	}

	user, err := s.store.UserByEmail(ctx, address)
	if err == nil {
		_, err = s.Member(ctx, merchantID, user.ID)
		if err == nil {
			return "", Link{}, ErrMember
		}
	}
	if !isNotFound(err) {
		return "", Link{}, err
	}
	return s.Invite(ctx, Link{Email: address, MerchantID: merchantID, Role: role})
}

// OpenInvitations lists a merchant's invitations that can be used, newest first.
func (s *Service) OpenInvitations(ctx context.Context, merchantID string) ([]Link, error) {
	return s.store.OpenInvitations(ctx, merchantID, s.now(), mostListed)
}

// WithdrawInvitation ends an invitation of a merchant.
func (s *Service) WithdrawInvitation(ctx context.Context, merchantID, id string) error {
	return s.store.WithdrawInvitation(ctx, merchantID, id, s.now())
}

// SetRole changes the role of a member.
func (s *Service) SetRole(ctx context.Context, merchantID, userID string, role Role) error {
	if !role.Valid() {
		return checkout.Invalidf("role", "role_unknown", "%q is not a role.", string(role))
	}
	return s.store.SetRole(ctx, merchantID, userID, role)
}

// RemoveMember removes a user from a merchant's team. It is ErrLastOwner for the last
// owner who may sign in, unless force is true.
func (s *Service) RemoveMember(ctx context.Context, merchantID, userID string, force bool) error {
	return s.store.RemoveMember(ctx, merchantID, userID, force)
}

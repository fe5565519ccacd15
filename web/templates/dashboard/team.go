package dashboard

// Team is the page of a merchant's team.
type Team struct {
	Page
	Members     []TeamMember
	Invitations []TeamInvitation // that can be used
	Invite      Form
}

// TeamMember is a user in the team.
type TeamMember struct {
	Name, Email string
	Role        string
	URL         string
	Disabled    bool
}

// TeamInvitation is an invitation that can be used.
type TeamInvitation struct {
	Email, Role string
	Until       string
	Mail        string // what became of its e-mail: waiting, sent, refused; empty: there is none
	MailProblem string // why it was refused, in the mail server's words
	WithdrawURL string
}

// MemberPage is the page of one member.
type MemberPage struct {
	Page
	Name, Email string
	Role        Form
	RemoveURL   string
	SignIns     []OwnSignIn
}

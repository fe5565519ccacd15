package dashboard

// NoticesPage is who is notified of payments, and how.
type NoticesPage struct {
	Page
	Bot        string // its name; empty: there is none
	BotURL     string
	Problem    string // why it does not work, in English
	FormURL    string
	Webhook    bool // Telegram sends updates here
	UpdatesURL string
	UnlinkURL  string
	NewURL     string // of the form for another chat
	Chats      []Chat
	Mail       *MailSection // nil: the server sends no e-mail
}

// MailSection is which e-mail addresses are notified.
type MailSection struct {
	NewURL     string // of the form for another address
	Addressees []Addressee
}

// Addressee is an e-mail address that is notified.
type Addressee struct {
	Email     string
	Language  string
	Details   bool // notices say who paid
	Confirmed bool
	Stopped   bool
	Problem   string // in English
	RemoveURL string
}

// Chat is a chat that is notified of payments.
type Chat struct {
	Title     string
	Group     bool
	Language  string
	Details   bool // notices say who paid
	Stopped   bool
	Problem   string // in English
	LinkedAt  string
	UnlinkURL string
}

// ChatCode is a code that links a chat.
type ChatCode struct {
	Page
	Bot       string
	Command   string // to send in the chat
	PersonURL string // of Telegram: sends the code in a chat with the bot
	GroupURL  string // adds the bot to a group and sends it there; empty: it is for a person
	NextURL   string
}

// SellerBot is the bot by which the viewer sells in chats.
type SellerBot struct {
	Page
	Bot       string // its name; empty: there is none
	BotURL    string
	Linked    bool // the viewer's person in Telegram is
	CodeURL   string
	UnlinkURL string
}

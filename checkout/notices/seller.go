package notices

import (
	"context"
	"strings"
	"time"
	"unicode"

	"rieltime/checkout"
)

// Person is somebody in Telegram who is a user of the dashboard.
type Person struct {
	MerchantID string
	Mode       checkout.Mode
	PersonID   int64 // Telegram's
	UserID     string
	CreatedAt  time.Time
}

// SaleState is what the message of a sale in a chat shows.
type SaleState string

// The states.
const (
	SaleOpen    SaleState = "open"
	SalePaid    SaleState = "paid"
	SaleExpired SaleState = "expired" // or closed
	SaleLate    SaleState = "late"    // money came after the end
	SaleCheck   SaleState = "check"   // money came that does not fit
)

// ChatSale is a message of a bot that shows a session.
type ChatSale struct {
	SessionID  string
	MerchantID string
	Mode       checkout.Mode
	BotID      int64
	ChatID     int64
	MessageID  int64 // 0: it is not sent yet, or it is not known whether it was
	Unanswered int   // how often it was sent, in this state, without an answer: so many may have arrived
	Locale     string
	State      SaleState
	CodeEndsAt time.Time // until when the code in the message can be paid; zero: it has none, or says that it is over
	DueAt      time.Time // when the message is to be looked at if nothing happens; zero: not any more
	Progress
}

// CodeOver reports whether the message shows a code that cannot be paid any more, and does
// not say so, though its session is open.
func (s ChatSale) CodeOver(now time.Time) bool {
	return s.State == SaleOpen && s.MessageID != 0 && !s.CodeEndsAt.IsZero() && !now.Before(s.CodeEndsAt)
}

// ChangesAt is when the message of an open session is to change if no money comes.
func (s ChatSale) ChangesAt(session checkout.Session) time.Time {
	if s.MessageID == 0 || s.CodeEndsAt.IsZero() {
		return session.ExpiresAt
	}
	return s.CodeEndsAt
}

// StateOf is what the message of a purchase is to show at now. Only a session that is
// complete, by a proof, is paid.
func StateOf(p checkout.Purchase, now time.Time) SaleState {
	if p.Session.Status == checkout.SessionComplete {
		return SalePaid
	}
	for _, payment := range p.Payments {
		switch {
		case payment.Review == checkout.ReviewNone || payment.Decision != nil:
		case payment.Review == checkout.ReviewLate:
			return SaleLate
		default:
			return SaleCheck
		}
	}
	if p.Open(now) {
		return SaleOpen
	}
	return SaleExpired
}

// sellerStore keeps the people who sell by a bot; see Store.
type sellerStore interface {
	// LinkPerson uses up a code that a user made; ErrNoCode when there is none.
	LinkPerson(ctx context.Context, hash string, person Person, at time.Time) (Person, error)
	Person(ctx context.Context, merchantID string, mode checkout.Mode, personID int64) (Person, error)
	// UnlinkPeople unlinks everybody in Telegram who is linked to a user.
	UnlinkPeople(ctx context.Context, merchantID string, mode checkout.Mode, userID string) error
	PeopleOf(ctx context.Context, merchantID string, mode checkout.Mode, userID string) (int, error)
}

// LinkPerson links the person who sent a bot a code.
func (s *Service) LinkPerson(ctx context.Context, code string, person Person) (Person, error) {
	person.CreatedAt = s.now()
	return s.store.LinkPerson(ctx, hashCode(code), person, person.CreatedAt)
}

// PeopleOf counts who in Telegram is linked to a user.
func (s *Service) PeopleOf(ctx context.Context, merchantID string, mode checkout.Mode, userID string) (int, error) {
	return s.store.PeopleOf(ctx, merchantID, mode, userID)
}

// UnlinkPeople unlinks everybody in Telegram who is linked to a user.
func (s *Service) UnlinkPeople(ctx context.Context, merchantID string, mode checkout.Mode, userID string) error {
	return s.store.UnlinkPeople(ctx, merchantID, mode, userID)
}

// ErrSaleWords is what follows /pay when it is not understood.
var ErrSaleWords = checkout.Invalidf("amount", "sale_words", "Write an amount and what it is for, such as /pay 5.50 coffee, /pay ៛20000 or /pay 20000r.")

// ParseSale reads what follows /pay: an amount, then a note that may be empty. Amounts are
// "5.50", "$5", "៛20000" and "20000r", also with Khmer digits and with commas between
// thousands. A large number without a sign could be either currency and is refused.
func ParseSale(text string) (amount checkout.Money, note string, err error) {
	word, note := CutWord(text)
	currency, number, signed := splitSign(strings.ToLower(word))
	number = checkout.TypedAmount(number)
	amount, err = checkout.ParseMoney(number, currency)
	if err != nil || !signed && amount.Minor >= ambiguousFrom && !strings.Contains(number, ".") {
		return checkout.Money{}, "", ErrSaleWords
	}
	return amount, note, nil
}

// CutWord returns the first word of a text, and what follows it, maybe on a new line.
func CutWord(text string) (word, rest string) {
	text = strings.TrimSpace(text)
	end := strings.IndexFunc(text, unicode.IsSpace)
	if end < 0 {
		return text, ""
	}
	return text[:end], strings.TrimSpace(text[end:])
}

const ambiguousFrom = 100_00 // cents

// splitSign takes the sign of a currency off a number.
func splitSign(word string) (currency checkout.Currency, number string, signed bool) {
	for _, sign := range []string{"៛", "khr", "r"} {
		if number, signed = strings.CutSuffix(word, sign); signed {
			return checkout.KHR, number, true
		}
	}
	if number, signed = strings.CutPrefix(word, "៛"); signed {
		return checkout.KHR, number, true
	}
	if number, signed = strings.CutSuffix(word, "$"); signed {
		return checkout.USD, number, true
	}
	number, signed = strings.CutPrefix(word, "$")
	return checkout.USD, number, signed
}

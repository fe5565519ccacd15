package baraysim

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"rieltime/providers/baray/internal/cipher"
	"rieltime/providers/simulator"
)

// order is the payload of POST /pay (section 5).
type order struct {
	Amount           string                     `json:"amount"`
	Currency         string                     `json:"currency"`
	OrderID          string                     `json:"order_id"`
	Tracking         map[string]json.RawMessage `json:"tracking"`
	OrderDetails     map[string]json.RawMessage `json:"order_details"`
	CustomSuccessURL string                     `json:"custom_success_url"`
}

// refusal is a documented error with its status (section 9).
type refusal struct {
	status int
	text   string
}

var (
	badKey      = &refusal{http.StatusUnauthorized, "Unauthorized. Invalid API Key"}
	badCipher   = &refusal{http.StatusUnauthorized, "Unauthorized. Invalid encryption"}
	badPayload  = &refusal{http.StatusBadRequest, "Invalid payload json format"}
	badAmount   = &refusal{http.StatusBadRequest, "Invalid amount"}
	badCurrency = &refusal{http.StatusBadRequest, "Invalid currency"}
	lowUSD      = &refusal{http.StatusUnprocessableEntity, "USD amount must be >= 0.03"}
	lowKHR      = &refusal{http.StatusUnprocessableEntity, "KHR amount must be >= 100"}
	noIntent    = &refusal{http.StatusNotFound, errNoIntent.Error()}
	brokenDown  = &refusal{http.StatusInternalServerError, "Internal Server Error"}
)

// asked counts calls, whatever became of them.
func (s *Simulator) asked(pattern string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.state.Ledger.Asked[pattern]++
		s.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

func (s *Simulator) pay(w http.ResponseWriter, r *http.Request) {
	account, no := s.authenticate(r)
	if no != nil {
		answerError(w, no)
		return
	}

	var body struct {
		Data string `json:"data"`
	}
	if !simulator.DecodeStrict(simulator.ReadBody(r), &body) {
		answerError(w, badPayload)
		return
	}

	wanted, no := openOrder(account, body.Data)
	if no != nil {
		answerError(w, no)
		return
	}

	intent, err := s.create(account, wanted, body.Data)
	if err != nil {
		answerError(w, brokenDown)
		return
	}

	simulator.WriteJSON(w, http.StatusOK, map[string]any{
		"_id": intent.ID, "org_id": intent.OrgID, "order_id": intent.OrderID,
		"amount": intent.Amount, "currency": intent.Currency, "target": intent.Target,
		"tracking": wanted.Tracking, "created_at": intent.CreatedAt,
	})
}

func (s *Simulator) create(account Account, wanted order, data string) (Intent, error) {
	details, err := json.Marshal(wanted.OrderDetails)
	if err != nil {
		return Intent{}, err
	}

	tracking, err := json.Marshal(wanted.Tracking)
	if err != nil {
		return Intent{}, err
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	intent := Intent{
		ID: "itn-" + newUUID(), OrgID: account.OrgID, OrderID: wanted.OrderID,
		Amount: wanted.Amount, Currency: wanted.Currency, Target: account.Target,
		Tracking: tracking, OrderDetails: details, CustomSuccessURL: wanted.CustomSuccessURL,
		CreatedAt: s.now().UTC(), Status: statusPending, APIKey: account.APIKey, Data: data,
	}

	s.state.Ledger.Intents = append(s.state.Ledger.Intents, intent)
	s.fly(intent)
	return intent, s.save()
}

func (s *Simulator) checkIntent(w http.ResponseWriter, r *http.Request) {
	var body struct {
		IntentID string `json:"intent_id"`
	}
	s.check(w, r, &body, func(account Account, i *Intent) bool {
		return i.ID == body.IntentID && i.OrgID == account.OrgID
	})
}

func (s *Simulator) checkOrder(w http.ResponseWriter, r *http.Request) {
	var body struct {
		OrgID   string `json:"org_id"`
		OrderID string `json:"order_id"`
	}
	s.check(w, r, &body, func(account Account, i *Intent) bool {
		return i.OrderID == body.OrderID && i.OrgID == body.OrgID && i.OrgID == account.OrgID
	})
}

// check answers with the status of the intent that matches, a paid one before
// others.
func (s *Simulator) check(w http.ResponseWriter, r *http.Request, body any, matches func(Account, *Intent) bool) {
	account, no := s.authenticate(r)
	if no != nil {
		answerError(w, no)
		return
	}

	if !simulator.DecodeStrict(simulator.ReadBody(r), body) {
		answerError(w, badPayload)
		return
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	found := s.find(func(i *Intent) bool { return i.Status == statusSuccess && matches(account, i) })
	if found == nil {
		found = s.find(func(i *Intent) bool { return matches(account, i) })
	}

	if found == nil {
		answerError(w, noIntent)
		return
	}

	simulator.WriteJSON(w, http.StatusOK, map[string]string{"status": found.Status})
}

func (s *Simulator) authenticate(r *http.Request) (Account, *refusal) {
	s.mu.Lock()
	account, known := s.state.Accounts[r.Header.Get("x-api-key")]
	s.mu.Unlock()
	if !known {
		return Account{}, badKey
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return Account{}, badPayload
	}
	return account, nil
}

var (
	amountForm  = regexp.MustCompile(`^(0|[1-9][0-9]{0,11})\.[0-9]{2}$`)
	orderIDForm = regexp.MustCompile(`^\S{1,64}$`)
)

// openOrder decrypts a payload and checks it field by field.
func openOrder(account Account, data string) (order, *refusal) {
	key, err := cipher.New(account.SK, account.IV)
	if err != nil {
		return order{}, brokenDown
	}

	plain, err := key.Decrypt(data)
	if err != nil {
		return order{}, badCipher
	}

	var wanted order
	if !simulator.DecodeStrict(plain, &wanted) || !orderIDForm.MatchString(wanted.OrderID) || !addressOrNone(wanted.CustomSuccessURL) {
		return order{}, badPayload
	}
	if !amountForm.MatchString(wanted.Amount) {
		return order{}, badAmount
	}

	hundredths, err := strconv.ParseInt(strings.Replace(wanted.Amount, ".", "", 1), 10, 64)
	if err != nil {
		return order{}, badAmount
	}

	switch {
	case wanted.Currency != "USD" && wanted.Currency != "KHR":
		return order{}, badCurrency
	case wanted.Currency == "USD" && hundredths < 3:
		return order{}, lowUSD
	case wanted.Currency == "KHR" && hundredths < 100_00:
		return order{}, lowKHR
	}

	return wanted, nil
}

func addressOrNone(text string) bool {
	if text == "" {
		return true
	}
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

func answerError(w http.ResponseWriter, no *refusal) {
	simulator.WriteJSON(w, no.status, map[string]string{"error": no.text})
}

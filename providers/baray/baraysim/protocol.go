package baraysim

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"rieltime/providers/baray/internal/client"
	"rieltime/providers/simkit"
)

// orderRequest is the payload of POST /pay (section 5).
type orderRequest struct {
	Amount           string                     `json:"amount"`
	Currency         string                     `json:"currency"`
	OrderID          string                     `json:"order_id"`
	Tracking         map[string]json.RawMessage `json:"tracking"`
	OrderDetails     map[string]json.RawMessage `json:"order_details"`
	CustomSuccessURL string                     `json:"custom_success_url"`
}

// apiError is a documented error with its HTTP status (section 9).
type apiError struct {
	status int
	text   string
}

var (
	errAPIKey     = &apiError{http.StatusUnauthorized, "Unauthorized. Invalid API Key"}
	errEncryption = &apiError{http.StatusUnauthorized, "Unauthorized. Invalid encryption"}
	errPayload    = &apiError{http.StatusBadRequest, "Invalid payload json format"}
	errAmount     = &apiError{http.StatusBadRequest, "Invalid amount"}
	errCurrency   = &apiError{http.StatusBadRequest, "Invalid currency"}
	errMinimumUSD = &apiError{http.StatusUnprocessableEntity, "USD amount must be >= 0.03"}
	errMinimumKHR = &apiError{http.StatusUnprocessableEntity, "KHR amount must be >= 100"}
	errNotFound   = &apiError{http.StatusNotFound, "Intent not found"}
	errInternal   = &apiError{http.StatusInternalServerError, "Internal Server Error"}
)

// pay creates an intent for an encrypted order (section 5).
func (s *Simulator) pay(w http.ResponseWriter, r *http.Request) {
	account, failed := s.authenticate(r)
	if failed != nil {
		writeError(w, failed)
		return
	}

	var body struct {
		Data string `json:"data"`
	}
	if simkit.DecodeStrict(simkit.ReadBody(r), &body) != nil {
		writeError(w, errPayload)
		return
	}

	order, failed := decryptOrder(account, body.Data)
	if failed != nil {
		writeError(w, failed)
		return
	}

	intent, err := s.create(account, order, body.Data)
	if err != nil {
		writeError(w, errInternal)
		return
	}

	simkit.WriteJSON(w, http.StatusOK, map[string]any{
		"_id": intent.ID, "org_id": intent.OrgID, "order_id": intent.OrderID,
		"amount": intent.Amount, "currency": intent.Currency, "target": intent.Target,
		"tracking": order.Tracking, "created_at": intent.CreatedAt,
	})
}

func (s *Simulator) create(account Account, order orderRequest, data string) (Intent, error) {
	details, err := json.Marshal(order.OrderDetails)
	if err != nil {
		return Intent{}, err
	}

	tracking, err := json.Marshal(order.Tracking)
	if err != nil {
		return Intent{}, err
	}

	s.Mu.Lock()
	defer s.Mu.Unlock()

	intent := Intent{
		ID: "itn-" + newUUID(), OrgID: account.OrgID, OrderID: order.OrderID,
		Amount: order.Amount, Currency: order.Currency, Target: account.Target,
		Tracking: tracking, OrderDetails: details, CustomSuccessURL: order.CustomSuccessURL,
		CreatedAt: s.Now().UTC(), Status: statusPending, APIKey: account.APIKey, Data: data,
	}

	s.state.Ledger.Intents = append(s.state.Ledger.Intents, intent)
	s.schedule(intent)
	return intent, s.Save()
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
	account, failed := s.authenticate(r)
	if failed != nil {
		writeError(w, failed)
		return
	}

	if simkit.DecodeStrict(simkit.ReadBody(r), body) != nil {
		writeError(w, errPayload)
		return
	}

	s.Mu.Lock()
	defer s.Mu.Unlock()

	found := s.newest(func(i *Intent) bool { return i.Status == statusSuccess && matches(account, i) })
	if found == nil {
		found = s.newest(func(i *Intent) bool { return matches(account, i) })
	}

	if found == nil {
		writeError(w, errNotFound)
		return
	}

	simkit.WriteJSON(w, http.StatusOK, map[string]string{"status": found.Status})
}

func (s *Simulator) authenticate(r *http.Request) (Account, *apiError) {
	s.Mu.Lock()
	account, ok := s.state.Accounts[r.Header.Get("x-api-key")]
	s.Mu.Unlock()
	if !ok {
		return Account{}, errAPIKey
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return Account{}, errPayload
	}
	return account, nil
}

var (
	amountPattern  = regexp.MustCompile(`^(0|[1-9][0-9]{0,11})\.[0-9]{2}$`)
	orderIDPattern = regexp.MustCompile(`^\S{1,64}$`)
)

// decryptOrder decrypts an order and checks its fields.
func decryptOrder(account Account, data string) (orderRequest, *apiError) {
	key, err := client.NewKey(account.SK, account.IV)
	if err != nil {
		return orderRequest{}, errInternal
	}

	plain, err := key.Decrypt(data)
	if err != nil {
		return orderRequest{}, errEncryption
	}

	var order orderRequest
	if simkit.DecodeStrict(plain, &order) != nil || !orderIDPattern.MatchString(order.OrderID) || (order.CustomSuccessURL != "" && !isWebURL(order.CustomSuccessURL)) {
		return orderRequest{}, errPayload
	}
	if !amountPattern.MatchString(order.Amount) {
		return orderRequest{}, errAmount
	}

	hundredths, err := strconv.ParseInt(strings.Replace(order.Amount, ".", "", 1), 10, 64)
	if err != nil {
		return orderRequest{}, errAmount
	}

	switch {
	case order.Currency != "USD" && order.Currency != "KHR":
		return orderRequest{}, errCurrency
	case order.Currency == "USD" && hundredths < 3:
		return orderRequest{}, errMinimumUSD
	case order.Currency == "KHR" && hundredths < 100_00:
		return orderRequest{}, errMinimumKHR
	}

	return order, nil
}

func isWebURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

func writeError(w http.ResponseWriter, e *apiError) {
	simkit.WriteJSON(w, e.status, map[string]string{"error": e.text})
}

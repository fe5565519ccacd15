package shop

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"
)

// The statuses of an order. Paid is for good.
const (
	statusWaiting  = "waiting"
	statusPaid     = "paid"
	statusCanceled = "canceled"
	statusExpired  = "expired"
	statusReview   = "review" // the session does not fit the order: a person must look
)

type order struct {
	ID         string    `json:"id"`
	Product    string    `json:"product"`
	Name       string    `json:"name"`
	Amount     string    `json:"amount"`
	Currency   string    `json:"currency"`
	Status     string    `json:"status"`
	Either     bool      `json:"either,omitempty"` // the buyer may pay it in dollars or riel
	SessionID  string    `json:"session_id"`
	SessionURL string    `json:"session_url"`
	CreatedAt  time.Time `json:"created_at"`
}

// Price is how buyers read the amount.
func (o order) Price() string { return price(o.Amount, o.Currency) }

// newOrderID is random, because it opens the order's page.
func newOrderID() string { return "A" + rand.Text()[:15] }

var orderIDForm = regexp.MustCompile(`^A[A-Z2-7]{15}$`)

// state is the whole content of the orders' file.
type state struct {
	Orders []order  `json:"orders"`
	Events []string `json:"events"` // webhook-ids that have been dealt with
}

func (s *state) order(id string) *order {
	for i := range s.Orders {
		if s.Orders[i].ID == id {
			return &s.Orders[i]
		}
	}
	return nil
}

// orderFile keeps the state in a file: each change is written to a new file
// that then replaces the old one. It is safe for concurrent use.
type orderFile struct {
	path string
	mu   sync.Mutex
}

func (f *orderFile) read() (state, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.load()
}

func (f *orderFile) change(alter func(*state)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, err := f.load()
	if err != nil {
		return err
	}
	alter(&s)
	return f.save(s)
}

func (f *orderFile) load() (state, error) {
	var s state
	text, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(text, &s)
}

func (f *orderFile) save(s state) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}

	temporary, err := os.CreateTemp(filepath.Dir(f.path), filepath.Base(f.path)+".*")
	if err != nil {
		return err
	}

	defer func() { _ = os.Remove(temporary.Name()) }() // gone already when all went well

	_, err = temporary.Write(text)
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return err
	}

	return os.Rename(temporary.Name(), f.path)
}

func (f *orderFile) find(id string) (order, bool, error) {
	s, err := f.read()
	if err != nil {
		return order{}, false, err
	}
	if found := s.order(id); found != nil {
		return *found, true, nil
	}
	return order{}, false, nil
}

// place adds an order of p under id, with the buyer's choice of currency; one that is there and still waiting is
// taken as it is, so that a form sent twice makes one order.
func (f *orderFile) place(id string, p product, either bool, now time.Time) (placed order, err error) {
	err = f.change(func(s *state) {
		existing := s.order(id)
		if existing != nil && existing.Product == p.ID && existing.Status == statusWaiting {
			placed = *existing
			return
		}

		if existing != nil || !orderIDForm.MatchString(id) {
			id = newOrderID()
		}

		placed = order{
			ID: id, Product: p.ID, Name: p.Name, Amount: p.Amount, Currency: p.Currency,
			Either: either, Status: statusWaiting, CreatedAt: now.UTC(),
		}

		s.Orders = append(s.Orders, placed)
	})
	return placed, err
}

func (f *orderFile) setSession(id string, at session) error {
	return f.change(func(s *state) {
		if o := s.order(id); o != nil {
			o.SessionID, o.SessionURL = at.ID, at.URL
		}
	})
}

// setStatus moves an order that is not paid; event, when not empty, is noted
// as dealt with in the same write.
func (f *orderFile) setStatus(id, status, event string) error {
	return f.change(func(s *state) {
		if o := s.order(id); o != nil && o.Status != statusPaid {
			o.Status = status
		}
		if event != "" && !slices.Contains(s.Events, event) {
			s.Events = append(s.Events, event)
		}
	})
}

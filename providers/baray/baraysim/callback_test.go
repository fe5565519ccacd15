package baraysim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"rieltime/providers/baray/internal/client"
)

// shop is a merchant's server that records the webhooks it is brought.
type shop struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []map[string]string
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		body := map[string]string{}
		_ = json.Unmarshal(text, &body)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.bodies = append(s.bodies, body)
	}))
	t.Cleanup(s.Close)
	return s
}

// orders waits for n webhooks and decrypts them; "" is one that does not.
func (s *shop) orders(t *testing.T, n int) []string {
	t.Helper()
	key, err := client.NewKey(DemoSK, DemoIV)
	if err != nil {
		t.Fatal(err)
	}
	var orders []string
	for end := time.Now().Add(deadline); ; time.Sleep(2 * time.Millisecond) {
		s.mu.Lock()
		orders = nil
		for _, body := range s.bodies {
			plain, err := key.Decrypt(body["encrypted_order_id"])
			if err != nil {
				plain = nil
			}
			orders = append(orders, string(plain))
		}
		s.mu.Unlock()
		if len(orders) >= n {
			return orders
		}
		if time.Now().After(end) {
			t.Fatalf("%d webhooks came, want %d", len(orders), n)
		}
	}
}

func newShopHarness(t *testing.T) (*harness, *shop) {
	t.Helper()
	s := newShop(t)
	account := Demo()
	account.WebhookCallbackURL = s.URL
	return newHarness(t, Options{Accounts: []Account{account}}), s
}

func (r *harness) payAll(orders ...string) {
	r.t.Helper()
	for _, order := range orders {
		r.create(order)
		if status, _ := r.call("/control/pay", fmt.Sprintf(`{"reference":%q,"bank":"spn"}`, order)); status != http.StatusNoContent {
			r.t.Fatalf("/control/pay = %d", status)
		}
	}
}

func TestPaidIntentSendsAWebhook(t *testing.T) {
	r, s := newShopHarness(t)
	r.payAll("ORDER-1")
	if got := s.orders(t, 1); !slices.Equal(got, []string{"ORDER-1"}) {
		t.Errorf("webhooks for %q, want ORDER-1", got)
	}
	if bank := s.bodies[0]["bank"]; bank != "spn" {
		t.Errorf("the bank is %q, want spn", bank)
	}
}

func TestWebhooksCanBeSentByHand(t *testing.T) {
	const payload = `{"amount":"10.00","currency":"USD","order_id":"A","custom_success_url":"https://shop.example/back"}`
	for kind, want := range map[string]string{"genuine": "A", "forged": "", "replay": payload} {
		r, s := newShopHarness(t)
		r.create("A")
		r.call("/control/callbacks/send", fmt.Sprintf(`{"reference":"A","kind":%q}`, kind))
		if got := s.orders(t, 1); got[0] != want {
			t.Errorf("%s decrypts to %q, want %q", kind, got[0], want)
		}
	}
}

func TestFlippedWebhookDiffersFromTheGenuine(t *testing.T) {
	r, s := newShopHarness(t)
	r.create("ORDER-1")
	r.call("/control/callbacks/send", `{"reference":"ORDER-1","kind":"flipped"}`)
	if got := s.orders(t, 1); got[0] == "ORDER-1" {
		t.Error("the flipped webhook is the genuine one")
	}
}

func TestCallbacksAreInTheLedger(t *testing.T) {
	r, s := newShopHarness(t)
	r.payAll("A")
	s.orders(t, 1)
	for end := time.Now().Add(deadline); ; time.Sleep(2 * time.Millisecond) {
		if sent := r.ledger().Callbacks; len(sent) == 1 {
			if sent[0].Reference != "A" || sent[0].Kind != "genuine" || sent[0].Status != http.StatusOK || sent[0].At.IsZero() {
				t.Errorf("the ledger says %+v", sent[0])
			}
			return
		}
		if time.Now().After(end) {
			t.Fatal("the ledger has no delivery")
		}
	}
}

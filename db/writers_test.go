package db_test

import (
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"rieltime/checkout"
	"rieltime/checkout/checkouttest"
	"rieltime/db"
	"rieltime/db/dbtest"
)

// writers is how many callers change the same thing at once, half of them in each
// replica.
const writers = 64

// rounds is how often they do so where one round may find the writers one after another,
// because their connections are being made.
const rounds = 5

// replicas are two processes over one database, klaing's. Their connection pools
// share nothing, and their changes pause at random before they commit, so that what
// one has read is often out of date for another.
type replicas struct {
	t         *testing.T
	stores    [2]*db.Store
	processes [2]checkouttest.Process
	provider  *checkouttest.Provider
}

func newReplicas(t *testing.T) *replicas {
	t.Helper()
	return newReplicasOf(t, dbtest.Options(t))
}

func newReplicasOf(t *testing.T, options db.Options) *replicas {
	t.Helper()
	undo := options.BeforeCommit
	options.BeforeCommit = func(try int) error {
		time.Sleep(rand.N(3 * time.Millisecond))
		if undo != nil {
			return undo(try)
		}
		return nil
	}

	r := &replicas{t: t, provider: checkouttest.NewProvider()}
	for i := range r.stores {
		r.stores[i] = openWith(t, options)
		r.processes[i] = checkouttest.NewProcess(checkout.Config{
			Store: r.stores[i], Links: r.stores[i], Endpoints: r.stores[i],
			Providers: []checkout.Provider{r.provider}, Now: func() time.Time { return start },
		})
	}

	r.apply("klaing")
	return r
}

// apply sets up a merchant with an account at the provider and a webhook endpoint.
func (r *replicas) apply(merchant string) {
	r.t.Helper()
	spec, err := checkout.ParseMerchantSpec([]byte(`{"id":"` + merchant + `","name":"Shop","return_hosts":["shop.example"],
		"test":{"providers":{"bank":{}},"webhook_url":"https://shop.example/hook"}}`))
	if err == nil {
		_, err = r.processes[0].ApplyMerchant(r.t.Context(), r.stores[0], spec)
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// accountOf is the merchant's account.
func (r *replicas) accountOf(merchant string) checkout.Account {
	r.t.Helper()
	accounts, err := r.stores[0].Accounts(r.t.Context(), merchant, checkout.ModeTest)
	if err != nil || len(accounts) != 1 {
		r.t.Fatal(accounts, err)
	}
	return accounts[0]
}

// opened makes a session of a merchant's and starts a payment.
func (r *replicas) opened(merchant string) checkout.Purchase {
	r.t.Helper()
	session, err := r.processes[0].CreateSession(r.t.Context(), merchant, checkout.ModeTest, checkouttest.SessionParams())
	if err != nil {
		r.t.Fatal(err)
	}
	purchase, err := r.processes[0].StartPayment(r.t.Context(), session.ID, checkout.StartParams{Method: "khqr"})
	if err != nil {
		r.t.Fatal(err)
	}
	return purchase
}

// paid is an opened purchase that has been paid.
func (r *replicas) paid(transaction string) checkout.Purchase {
	r.t.Helper()
	purchase := r.opened("klaing")
	if err := r.processes[0].Apply(r.t.Context(), *purchase.Latest(), paidBy(*purchase.Latest(), transaction)); err != nil {
		r.t.Fatal(err)
	}
	return r.reload(purchase)
}

func (r *replicas) reload(p checkout.Purchase) checkout.Purchase {
	r.t.Helper()
	stored, err := r.stores[1].Purchase(r.t.Context(), p.Session.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	return stored
}

func paidBy(payment checkout.Payment, transaction string) checkout.Answer {
	return checkout.Answer{Verdict: checkout.VerdictPaid, Proof: checkouttest.Proof(payment, transaction, start)}
}

// atOnce has all writers do something at once and returns how many had no error.
// Each other error must be of expected.
func (r *replicas) atOnce(do func(writer int, store *db.Store, process checkouttest.Process) error, expected ...error) (done int) {
	r.t.Helper()
	results := make([]error, writers)
	begin := make(chan struct{})
	var group sync.WaitGroup
	for writer := range writers {
		group.Go(func() {
			<-begin
			results[writer] = do(writer, r.stores[writer%2], r.processes[writer%2])
		})
	}

	close(begin)
	group.Wait()
	failed := map[string]int{}
	for _, err := range results {
		if err == nil {
			done++
		} else if !isOneOf(err, expected) {
			failed[cause(err)]++
		}
	}

	for err, n := range failed {
		r.t.Errorf("%d writers failed: %s", n, err)
	}

	return done
}

func isOneOf(err error, expected []error) bool {
	for _, e := range expected {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// cause is what the log would tell of an error.
func cause(err error) string {
	var failure *checkout.Error
	if errors.As(err, &failure) {
		return failure.Cause()
	}
	return err.Error()
}

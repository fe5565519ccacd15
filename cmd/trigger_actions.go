package cmd

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rieltime/checkout"
	client "rieltime/clients/go"
)

// trigger causes an event: it acts as the merchant through the API, and as the
// buyer through the forms of the checkout page.
type trigger struct {
	api       *client.Client
	address   string // of the server, without a slash at its end
	event     string
	method    string
	returnURL string
	wait      time.Duration
	out       io.Writer
}

// createSession creates a session and prints its id.
func (t *trigger) createSession(ctx context.Context, amount string) (client.Session, error) {
	session, err := t.api.CreateSession(ctx, client.SessionCreate{
		Amount: amount, Currency: "USD", Reference: "trigger-" + strings.ToLower(rand.Text()[:12]),
		SuccessURL: t.returnURL, CancelURL: t.returnURL, Description: "rieltime trigger " + t.event,
	})
	if err == nil {
		fmt.Fprintf(t.out, "session   %s of %s USD\n", session.ID, session.Amount)
	}
	return session, err
}

// postForm submits one of the forms of the checkout page.
func (t *trigger) postForm(ctx context.Context, session client.Session, form string, fields url.Values) error {
	address := t.address + "/c/" + url.PathEscape(session.ID) + "/" + form
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(fields.Encode()))
	if err != nil {
		return err
	}

	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	buyer := &http.Client{
		Timeout:       time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}

	response, err := buyer.Do(request)
	if err != nil {
		return err
	}

	defer response.Body.Close()

	if response.StatusCode != http.StatusSeeOther {
		return fmt.Errorf("the checkout page responded %s to %s: is %s enabled in test mode?", response.Status, form, t.method)
	}

	return nil
}

// pay starts a payment. What becomes of it depends on the amount of the session.
func (t *trigger) pay(ctx context.Context, session client.Session) error {
	if err := t.postForm(ctx, session, "payments", url.Values{"method": {t.method}}); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "started   a payment by %s\n", t.method)
	return nil
}

// transferTime is how long the simulator takes to transfer money.
const transferTime = 4 * time.Second

// transfer starts a payment at a provider that finds a transfer by its hash. It
// waits until the simulator has transferred the money without paying the code, and
// returns the hash of the transfer.
func (t *trigger) transfer(ctx context.Context) (client.Session, string, error) {
	method, err := methodWith[checkout.HashChecker]()
	if err != nil {
		return client.Session{}, "", err
	}

	t.method = method
	session, err := t.createSession(ctx, amountTransfer)
	if err == nil {
		err = t.pay(ctx, session)
	}

	if err != nil {
		return session, "", err
	}

	for payment, err := range t.api.AllPayments(ctx, client.PaymentQuery{Session: session.ID}) {
		if err != nil {
			return session, "", err
		}

		select {
		case <-ctx.Done():
			return session, "", ctx.Err()
		case <-time.After(transferTime):
		}

		sum := sha256.Sum256([]byte(payment.ProviderReference))
		return session, hex.EncodeToString(sum[:]), nil
	}

	return session, "", errors.New("the session has no payment")
}

// waitForEvent reads the event feed until it contains an event of that type about an
// object, and returns it.
func (t *trigger) waitForEvent(ctx context.Context, name checkout.EventType, objectID string, after int64) (client.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, t.wait)
	defer cancel()

	for {
		for event, err := range t.api.AllEvents(ctx, client.EventQuery{Limit: 100, AfterSequence: after, Type: string(name)}) {
			if err != nil {
				return event, timeoutError(ctx, err, name)
			}
			if after = event.Sequence; concerns(event, objectID) {
				return event, nil
			}
		}

		select {
		case <-ctx.Done():
			return client.Event{}, timeoutError(ctx, ctx.Err(), name)
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// timeoutError explains an error that occurred because the time to wait is over.
func timeoutError(ctx context.Context, err error, name checkout.EventType) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%s did not happen in time; amounts force outcomes only at the simulators", name)
	}
	return err
}

// concerns reports whether an event is about an object or a part of it.
func concerns(event client.Event, id string) bool {
	var object struct{ ID, Session, Payment string }
	return json.Unmarshal(event.Data.Object, &object) == nil && (object.ID == id || object.Session == id || object.Payment == id)
}

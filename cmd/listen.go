package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"rieltime/checkout"
	client "rieltime/clients/go"
	"rieltime/webhooks"
)

type listenCommand struct {
	apiFlags
	ForwardTo string        `help:"URL to post the events to, as webhooks." required:"" placeholder:"URL"`
	Events    []string      `help:"Only forward events of these types."`
	From      int64         `help:"Start after this sequence instead of where the last run stopped; 0 starts with the first event." default:"-1"`
	State     string        `help:"File that stores where it stopped. By default in your configuration folder." type:"path" placeholder:"FILE"`
	Interval  time.Duration `help:"How often to read the event feed." default:"1s"`
}

// listener forwards the events of one merchant's test mode to one address.
type listener struct {
	listenCommand
	api   *client.Client
	http  *http.Client
	state listenState
	out   io.Writer
}

// forwardTimeout is how long the server, too, waits for an endpoint's response.
const forwardTimeout = 15 * time.Second

// newForwardClient returns a client that follows no redirects, like the server.
func newForwardClient() *http.Client {
	return &http.Client{
		Timeout:       forwardTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (c *listenCommand) Run(ctx context.Context, stdout io.Writer) error {
	for _, name := range c.Events {
		if !slices.Contains(checkout.EventTypes(), checkout.EventType(name)) {
			return fmt.Errorf("event type %q does not exist; the types are %s", name, eventNames())
		}
	}

	api, err := c.client()
	if err != nil {
		return err
	}

	state, err := openListenState(c.State, c.API, c.Key)
	if err != nil {
		return err
	}

	l := &listener{listenCommand: *c, api: api, http: newForwardClient(), state: state, out: stdout}
	if err := l.start(ctx); err != nil {
		return err
	}

	return l.follow(ctx)
}

// start finds the position in the feed: the one given, the one stored, or its end.
func (l *listener) start(ctx context.Context) error {
	switch {
	case l.From >= 0:
		l.state.Sequence = l.From
	case l.state.Sequence < 0:
		l.state.Sequence = 0
		last, err := lastSequence(ctx, l.api)
		if err != nil {
			return err
		}
		l.state.Sequence = last
	}

	if err := l.state.save(); err != nil {
		return err
	}

	fmt.Fprintf(l.out, "Forwarding the test events of %s after sequence %d to %s\n", l.API, l.state.Sequence, l.ForwardTo)
	fmt.Fprintf(l.out, "Webhook signing secret: %s\n\n", l.state.Secret.Reveal())
	return nil
}

// follow forwards new events until ctx ends. It retries when the server does not
// respond.
func (l *listener) follow(ctx context.Context) error {
	for {
		err := l.catchUp(ctx)
		if ctx.Err() != nil {
			return nil
		}

		var refused *client.Error
		switch {
		case errors.As(err, &refused) && refused.Status < 500 && refused.Status != http.StatusTooManyRequests:
			return err
		case errors.Is(err, errState):
			return err
		case err != nil:
			fmt.Fprintf(l.out, "reading events failed, trying again: %v\n", err)
		}

		select {
		case <-ctx.Done():
			return nil
		case <-time.After(l.Interval):
		}
	}
}

func (l *listener) catchUp(ctx context.Context) error {
	for event, err := range l.api.AllEvents(ctx, client.EventQuery{Limit: 100, AfterSequence: l.state.Sequence}) {
		if err != nil {
			return err
		}

		if len(l.Events) == 0 || slices.Contains(l.Events, event.Type) {
			answer := l.forward(ctx, event)
			if ctx.Err() != nil {
				return nil // forwarded again by the next run
			}
			fmt.Fprintf(l.out, "%s  #%d  %-27s %s  %s\n", time.Now().Format(time.TimeOnly), event.Sequence, event.Type, event.ID, answer)
		}

		l.state.Sequence = event.Sequence
		if err := l.state.save(); err != nil {
			return err
		}
	}

	return nil
}

// webhookBody is an event as webhooks contain it.
type webhookBody struct {
	ID        string    `json:"id"`
	Sequence  int64     `json:"sequence"`
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Mode      string    `json:"mode"`
	Data      any       `json:"data"`
}

// forward posts an event as the server would and describes the response.
func (l *listener) forward(ctx context.Context, event client.Event) string {
	body, err := json.Marshal(webhookBody{event.ID, event.Sequence, event.Type, event.Timestamp, event.Mode, event.Data})
	if err != nil {
		return err.Error()
	}

	request, err := http.NewRequestWithContext(ctx, http.MethodPost, l.ForwardTo, bytes.NewReader(body))
	if err != nil {
		return err.Error()
	}

	signer, err := standardwebhooks.NewWebhook(l.state.Secret.Reveal())
	if err != nil {
		return err.Error()
	}

	at := time.Now()
	signature, err := signer.Sign(event.ID, at, body)
	if err != nil {
		return err.Error()
	}

	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(standardwebhooks.HeaderWebhookID, event.ID)
	request.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	request.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	answer, err := l.http.Do(request)
	if err != nil {
		return "no response: " + err.Error()
	}

	defer answer.Body.Close()

	text, _ := io.ReadAll(io.LimitReader(answer.Body, 200)) // a truncated body is fine here
	took := time.Since(at).Round(time.Millisecond)
	if answer.StatusCode/100 == 3 {
		return fmt.Sprintf("%s (%s) %s", answer.Status, took, webhooks.Refusal(answer, at))
	}
	if line := strings.TrimSpace(string(text)); answer.StatusCode/100 != 2 && line != "" {
		return fmt.Sprintf("%s (%s) %q", answer.Status, took, line)
	}

	return fmt.Sprintf("%s (%s)", answer.Status, took)
}

// Validate also refuses intervals without any pause between requests.
func (c *listenCommand) Validate() error {
	if _, err := checkout.ParseWebURL(c.ForwardTo); err != nil {
		return fmt.Errorf("--forward-to %w", err)
	}
	if c.Interval < time.Millisecond {
		return fmt.Errorf("--interval must be at least 1ms")
	}
	if c.From < -1 {
		return fmt.Errorf("--from must be a sequence of 0 or more")
	}
	return nil
}

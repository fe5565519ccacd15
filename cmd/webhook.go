package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"
	"time"

	"rieltime/checkout"
	"rieltime/db"
)

type webhookCommand struct {
	List       webhookListCommand       `cmd:"" help:"List a merchant's webhook endpoints."`
	Deliveries webhookDeliveriesCommand `cmd:"" help:"List an endpoint's latest deliveries with the outcome of the last attempt."`
	Redeliver  webhookRedeliverCommand  `cmd:"" help:"Send a delivery, a range of events or all failed deliveries again."`
}

type webhookListCommand struct {
	dataFlags
	Merchant string `arg:"" help:"The merchant's id."`
}

func (c *webhookListCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	store, err := c.openStore(ctx, db.ReadOnly, log)
	if err != nil {
		return err
	}

	var all []checkout.WebhookEndpoint
	for _, mode := range []checkout.Mode{checkout.ModeTest, checkout.ModeLive} {
		endpoints, _, listErr := store.ListEndpoints(ctx, c.Merchant, mode, checkout.ListPart{Limit: checkout.MaxListLimit})
		all, err = append(all, endpoints...), errors.Join(err, listErr)
	}

	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}

	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tMODE\tURL\tEVENTS\tDISABLED\tFAILING SINCE")
	for _, e := range all {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", e.ID, e.Mode, e.URL, joinList(e.Events), orDash(string(e.Disabled)), formatTime(e.FailingSince))
	}

	return table.Flush()
}

type webhookDeliveriesCommand struct {
	dataFlags
	Endpoint string `arg:"" help:"The endpoint's id." placeholder:"we_…"`
	Status   string `help:"Only list deliveries with this status: pending, delivered or failed." enum:",pending,delivered,failed" default:""`
	Limit    int    `help:"Maximum number of deliveries, up to 100." default:"20"`
}

func (c *webhookDeliveriesCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	if c.Limit < 1 || c.Limit > checkout.MaxListLimit {
		return fmt.Errorf("--limit must be from 1 to %d", checkout.MaxListLimit)
	}

	store, err := c.openStore(ctx, db.ReadOnly, log)
	if err != nil {
		return err
	}

	deliveries, err := c.read(ctx, store)
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}

	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tEVENT\tTYPE\tSTATUS\tATTEMPTS\tLAST ATTEMPT\tOUTCOME")
	for _, d := range deliveries {
		last, outcome := time.Time{}, ""
		if len(d.Attempts) > 0 {
			attempt := d.Attempts[len(d.Attempts)-1]
			last, outcome = attempt.At, attempt.Error
			if attempt.Delivered {
				outcome = fmt.Sprintf("The endpoint answered %d.", attempt.Status)
			}
		}

		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", d.ID, d.EventID, d.EventType, d.Status, len(d.Attempts), formatTime(last), orDash(outcome))
	}

	return table.Flush()
}

func (c *webhookDeliveriesCommand) read(ctx context.Context, store *db.Store) ([]checkout.DeliveryRecord, error) {
	_, err := store.Endpoint(ctx, c.Endpoint)
	if errors.Is(err, checkout.ErrNotFound) {
		return nil, fmt.Errorf("webhook endpoint %q does not exist", c.Endpoint)
	}
	if err != nil {
		return nil, err
	}

	deliveries, _, err := store.ListDeliveries(ctx, checkout.DeliveryQuery{
		ListPart: checkout.ListPart{Limit: c.Limit}, EndpointID: c.Endpoint, Status: checkout.DeliveryStatus(c.Status),
	})
	return deliveries, err
}

type webhookRedeliverCommand struct {
	dataFlags
	Endpoint string    `arg:"" help:"The endpoint's id." placeholder:"we_…"`
	Delivery string    `help:"Send this delivery." placeholder:"del_…" xor:"what" required:""`
	Failed   bool      `help:"Send every failed delivery." xor:"what" required:""`
	From     time.Time `help:"Send events from this time on." placeholder:"2026-11-20T00:00:00Z" xor:"what" required:""`
	To       time.Time `help:"Send events before this time. Now by default." placeholder:"2026-11-21T00:00:00Z"`
}

func (c *webhookRedeliverCommand) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	store, err := c.openStore(ctx, db.Existing, log)
	if err != nil {
		return err
	}
	queued, err := c.queue(ctx, store)
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%d queued; the server will send them\n", queued)
	return err
}

func (c *webhookRedeliverCommand) queue(ctx context.Context, store *db.Store) (int, error) {
	service := checkout.NewService(checkout.Config{Store: store, Endpoints: store})
	endpoint, err := service.Endpoint(ctx, c.Endpoint)
	if errors.Is(err, checkout.ErrNotFound) {
		return 0, fmt.Errorf("webhook endpoint %q does not exist", c.Endpoint)
	}
	if err != nil {
		return 0, err
	}

	switch {
	case c.Failed:
		return service.RedeliverFailed(ctx, endpoint)
	case c.Delivery == "":
		to := c.To
		if to.IsZero() {
			to = store.Now()
		}
		return service.RedeliverRange(ctx, endpoint, c.From, to)
	}

	delivery, err := store.DeliveryRecord(ctx, c.Delivery)
	if errors.Is(err, checkout.ErrNotFound) || (err == nil && delivery.EndpointID != endpoint.ID) {
		return 0, fmt.Errorf("%s has no delivery %q", endpoint.ID, c.Delivery)
	}
	if err != nil {
		return 0, err
	}

	_, err = service.Redeliver(ctx, endpoint, delivery.ID)
	return 1, err
}

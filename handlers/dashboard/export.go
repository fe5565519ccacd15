package dashboard

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/internal/cambodia"
	"rieltime/web/templates/dashboard"
)

const (
	exportedAtOnce = 1000             // rows that are read together
	exportStep     = 60 * time.Second // in which the next rows must be read and taken
	exportsAtOnce  = 2                // of all users: each keeps a processor busy
)

var errExporting = &checkout.Error{Kind: checkout.KindRateLimited, Code: "exports_running", Detail: "Other exports are being made. Try again in a minute.", RetryAfter: time.Minute}

// exportColumns are the columns of an export: "export.<name>" are their titles.
var exportColumns = []string{
	"time", "reference", "amount", "currency", "method", "state", "received", "refunded", "customer", "phone", "email",
	"payment", "session", "provider_reference", "transaction", "received_currency", "rate",
}

// cell is a text, or an amount where it has a currency.
type cell struct {
	text   string
	amount checkout.Money
}

// exporter writes rows to a file.
type exporter interface {
	row(cells []cell) error
	// flush sends what was written so far.
	flush() error
	// close writes the end. A file that is not whole stays without it.
	close() error
}

// export returns the handler of an export of what the list of payments shows by the same
// filters, all pages of it.
func (s *Server) export(extension, contentType string, open func(w io.Writer) (exporter, error)) func(echo.Context, viewer) error {
	return func(c echo.Context, v viewer) error {
		filter, err := readFilters(c.QueryParams()).parse()
		if problem, is := searchProblem(v.lang, err); is {
			return checkout.Invalidf("q", "search_invalid", "%s", problem)
		}
		if err != nil {
			return err
		}

		select {
		case s.exports <- struct{}{}:
			defer func() { <-s.exports }()
		default:
			return errExporting
		}

		if err := s.store.Audit(v.context(c), "payments.export", v.merchant.ID, map[string]any{"kind": extension, "mode": v.mode}); err != nil {
			return err
		}

		name := "payments-" + v.merchant.ID + "-" + string(v.mode) + "-" + cambodia.DayOf(s.now()).String() + "." + extension
		header := c.Response().Header()
		header.Set(echo.HeaderContentType, contentType)
		header.Set(echo.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": name}))
		header.Set(echo.HeaderCacheControl, "no-store")

		file, err := open(c.Response())
		if err == nil {
			err = s.writeRows(c, v, filter, file)
		}
		if err == nil {
			err = file.close()
		}
		return s.endExport(c, err)
	}
}

// endExport cuts off an answer that is not whole, so that nobody takes it for one. Where
// nothing was sent yet, the answer is a page that says what is wrong, and no file.
func (s *Server) endExport(c echo.Context, err error) error {
	if err == nil {
		return nil
	}
	if !c.Response().Committed {
		c.Response().Header().Del(echo.HeaderContentDisposition)
		return err
	}
	if c.Request().Context().Err() == nil {
		s.log.Error("export failed", "error", err)
	}
	return http.NewResponseController(c.Response()).SetWriteDeadline(time.Unix(1, 0))
}

// writeRows writes the titles and all rows, a page after the other. It ends when the
// browser has gone.
func (s *Server) writeRows(c echo.Context, v viewer, filter checkout.PaymentFilter, file exporter) error {
	titles := make([]cell, len(exportColumns))
	for i, name := range exportColumns {
		titles[i].text = dashboard.T(v.lang, "export."+name)
	}
	if err := file.row(titles); err != nil {
		return err
	}

	control := http.NewResponseController(c.Response())
	var after checkout.Position
	for {
		// Tests' recorders have no deadlines.
		if err := control.SetWriteDeadline(time.Now().Add(exportStep)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}

		page, err := s.findToExport(c.Request().Context(), v, filter, after)
		if err != nil {
			return err
		}

		for _, row := range page.Rows {
			if err := file.row(s.exportRow(v, row)); err != nil {
				return err
			}
		}

		if err := file.flush(); err != nil {
			return err
		}
		if after = page.Next; after.At.IsZero() {
			return nil
		}
	}
}

func (s *Server) findToExport(ctx context.Context, v viewer, filter checkout.PaymentFilter, after checkout.Position) (checkout.PaymentPage, error) {
	ctx, cancel := context.WithTimeout(ctx, exportStep/2)
	defer cancel()
	return s.store.FindPayments(ctx, v.merchant.ID, v.mode, filter, after, exportedAtOnce)
}

func (s *Server) exportRow(v viewer, row checkout.PaymentRow) []cell {
	session := row.Session
	shown := s.paymentRow(v, row)
	at, state := session.CreatedAt, shown.State.Text
	var id, reference, transaction, rate string
	var received, refunded checkout.Money
	if p := row.Payment; p != nil {
		at, id, reference, rate = p.CreatedAt, p.ID, p.Reference, string(p.Rate)
		if p.Proof != nil {
			received, transaction = p.Proof.Amount, p.Proof.TransactionID
		}
		if p.Refunded > 0 {
			refunded = checkout.Money{Minor: p.Refunded, Currency: p.Refundable().Currency}
		}
	}

	text := func(text string) cell { return cell{text: text} }
	return []cell{
		text(at.In(cambodia.Zone).Format("2006-01-02 15:04:05")), text(session.Reference), {amount: session.Amount}, text(string(session.Amount.Currency)),
		text(shown.Method), text(state), {amount: received}, {amount: refunded},
		text(session.Customer.Name), text(session.Customer.Phone), text(session.Customer.Email), text(id), text(session.ID), text(reference), text(transaction),
		text(string(received.Currency)), text(rate),
	}
}

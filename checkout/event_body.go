package checkout

import "encoding/json"

// writeEvents fills the bodies of the raised events from the purchase as it is
// now.
func (p *Purchase) writeEvents(sessionURL string) error {
	for i := range p.events {
		event := &p.events[i]
		body := eventBody{ID: event.ID, Type: event.Type, Timestamp: event.CreatedAt.UTC(), Mode: event.Mode}
		switch {
		case event.RefundID != "":
			body.Data.Object = p.Refund(event.RefundID).Public(p.Session)
		case event.PaymentID != "":
			body.Data.Object = p.Payment(event.PaymentID).Public(p.Session)
		default:
			body.Data.Object = p.Session.Public(sessionURL)
		}

		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}

		event.Body = encoded
	}

	return nil
}

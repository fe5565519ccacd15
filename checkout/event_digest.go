package checkout

import (
	"encoding/json"
	"time"
)

// EventDigest summarizes what a day added to the events of a merchant and mode, so
// that the merchant can prove to itself that it missed none. It begins after the
// digest before it.
type EventDigest struct {
	MerchantID    string
	Mode          Mode
	Date          string // in Cambodia, such as 2026-11-28
	Count         int64
	FirstSequence int64
	LastSequence  int64
	IDsSHA256     string // hex, over the ids in the order of their numbers, each followed by a line feed
}

// PublicEventDigest is an EventDigest as merchants see it.
type PublicEventDigest struct {
	Object        string `json:"object"` // "event_digest"
	Date          string `json:"date"`
	Count         int64  `json:"count"`
	FirstSequence int64  `json:"first_sequence"`
	LastSequence  int64  `json:"last_sequence"`
	IDsSHA256     string `json:"ids_sha256"`
}

// Event returns the event that carries the digest to the merchant.
func (d EventDigest) Event(now time.Time) (Event, error) {
	event := Event{ID: NewID(eventPrefix), MerchantID: d.MerchantID, Mode: d.Mode, Type: EventEventsDigest, CreatedAt: now}
	public := PublicEventDigest{
		Object: "event_digest", Date: d.Date, Count: d.Count,
		FirstSequence: d.FirstSequence, LastSequence: d.LastSequence, IDsSHA256: d.IDsSHA256,
	}

	var err error
	event.Body, err = json.Marshal(eventBody{
		ID: event.ID, Type: event.Type, Timestamp: now.UTC(), Mode: event.Mode, Data: eventData{Object: public},
	})
	return event, err
}

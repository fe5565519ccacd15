package client

import "encoding/json"

// Order is the payload of POST /pay. Amount is decimal text with two
// decimals, for riel too.
type Order struct {
	Amount           string        `json:"amount"`
	Currency         string        `json:"currency"`
	OrderID          string        `json:"order_id"`
	OrderDetails     *OrderDetails `json:"order_details,omitempty"`
	CustomSuccessURL string        `json:"custom_success_url,omitempty"`
}

// OrderDetails says what is bought.
type OrderDetails struct {
	Items []Item `json:"items"`
}

// Item is one line of what is bought.
type Item struct {
	Name  string      `json:"name"`
	Price json.Number `json:"price"`
}

// Intent is the answer to POST /pay. Public integrations meet the id as `_id`
// or `id`, and the whole object under `data` as well.
type Intent struct {
	ID       string
	OrgID    string
	OrderID  string
	Amount   string
	Currency string
	Target   string
}

// Status is the answer to a check. Only "success" is documented.
type Status struct {
	Text string
	Raw  json.RawMessage
}

type wireIntent struct {
	MongoID  string      `json:"_id"`
	ID       string      `json:"id"`
	OrgID    string      `json:"org_id"`
	OrderID  string      `json:"order_id"`
	Amount   json.Number `json:"amount"`
	Currency string      `json:"currency"`
	Target   string      `json:"target"`
}

func (w wireIntent) intent() Intent {
	id := w.MongoID
	if id == "" {
		id = w.ID
	}
	return Intent{
		ID: id, OrgID: w.OrgID, OrderID: w.OrderID,
		Amount: w.Amount.String(), Currency: w.Currency, Target: w.Target,
	}
}

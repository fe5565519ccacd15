// A shop in one file: create a session, redirect the buyer, verify the webhook.
//
//	RIELTIME_URL=http://localhost:8080 RIELTIME_KEY=sk_test_… \
//	RIELTIME_WEBHOOK_SECRET=whsec_… go run ./examples/go
//
// Webhooks come to http://localhost:4000/webhook.
package main

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"sync"

	rieltime "rieltime/clients/go"
)

var (
	port    = cmp.Or(os.Getenv("PORT"), "4000")
	shopURL = "http://localhost:" + port
	client  = rieltime.New(os.Getenv("RIELTIME_URL"), os.Getenv("RIELTIME_KEY"))
	webhook = rieltime.Webhook{Secret: os.Getenv("RIELTIME_WEBHOOK_SECRET")}
	seen    sync.Map // ids of events worked on; a real shop keeps them in its database
)

func main() {
	http.HandleFunc("GET /{$}", showShop)
	http.HandleFunc("POST /buy", buy)
	http.HandleFunc("GET /thanks", showThanks)
	http.HandleFunc("POST /webhook", receive)
	log.Fatal(http.ListenAndServe("localhost:"+port, nil))
}

func showShop(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprint(w, `<form method="post" action="/buy"><button>Buy an iced coffee, $2.50</button></form>`)
}

// buy creates a session for a new order and sends the buyer to it.
func buy(w http.ResponseWriter, r *http.Request) {
	order := "ORDER-" + rand.Text()[:10]
	session, err := client.CreateSession(r.Context(), rieltime.SessionCreate{
		Amount: "2.50", Currency: "USD", Reference: order, Description: "Iced coffee",
		SuccessURL: shopURL + "/thanks", CancelURL: shopURL + "/",
	}, rieltime.IdempotencyKey(order))
	if err != nil {
		log.Print(err)
		http.Error(w, "The payment could not be started. Please try again.", http.StatusBadGateway)
		return
	}

	http.Redirect(w, r, session.URL, http.StatusSeeOther)
}

// showThanks reads the session: that the buyer came here proves nothing.
func showThanks(w http.ResponseWriter, r *http.Request) {
	session, err := client.GetSession(r.Context(), r.FormValue("session_id"))
	if err != nil {
		log.Print(err)
		http.Error(w, "We are checking your payment.", http.StatusBadGateway)
		return
	}

	if session.Status == "complete" {
		fmt.Fprintf(w, "Thank you, %s is paid.\n", session.Reference)
		return
	}

	fmt.Fprintf(w, "%s is not paid yet.\n", session.Reference)
}

// receive verifies a webhook and fulfils what was paid, once.
func receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, "too large", http.StatusBadRequest)
		return
	}

	event, err := webhook.Verify(r.Header, body)
	if errors.Is(err, rieltime.ErrWebhook) {
		http.Error(w, "refused", http.StatusBadRequest)
		return
	}

	if err == nil && event.Type == "checkout.session.completed" {
		err = fulfil(event)
	}

	if err != nil {
		log.Print(err)
		http.Error(w, "something went wrong", http.StatusInternalServerError)
		return
	}

	w.WriteHeader(http.StatusNoContent)
}

func fulfil(event rieltime.Event) error {
	session, err := event.Session()
	if err != nil {
		return err
	}
	if _, again := seen.LoadOrStore(event.ID, true); !again {
		fmt.Printf("fulfil %s: %s %s\n", session.Reference, session.Amount, session.Currency)
	}
	return nil
}

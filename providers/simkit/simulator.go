package simkit

import (
	"net/http"
	"time"
)

// Simulator is a running simulator, as the commands that start one see it. A Kit
// provides the methods that only some simulators need.
type Simulator interface {
	Handler() http.Handler

	// DemoSettings returns the settings of the demo's merchant, as in a merchant
	// file.
	DemoSettings(demo Demo) map[string]any

	// DemoHint says how to pay at this simulator, in one sentence, when that needs
	// another page than the one that the buyer is sent to; else it is empty.
	DemoHint(url string) string

	// RegisterCallback registers an address for the demo's merchant, as a
	// merchant does at the provider.
	RegisterCallback(url string) error
}

// Demo is what a simulator knows of the demo that it is a part of.
type Demo struct {
	URL    string        // address of the simulator
	Icon   string        // address of the merchant's icon
	QRLife time.Duration // how long a KHQR code is valid
}

// DemoHint implements Simulator: the buyer is sent to the right page.
func (k *Kit) DemoHint(string) string { return "" }

// RegisterCallback implements Simulator: the provider registers no addresses.
func (k *Kit) RegisterCallback(string) error { return nil }

package catalog

import (
	_ "embed"
	"encoding/json"
	"strings"
	"sync"
)

//go:embed samples.jsonl
var samplesJSONL string

// Sample returns the data of the document's own answer to a service, by its
// name without gateway.Prefix; nil for an unknown service.
func Sample(service string) json.RawMessage { return samples()[service] }

// samples are the document's answers, by service. A line of the file is one
// service with its request and the data of its answer.
var samples = sync.OnceValue(func() map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	for decoder := json.NewDecoder(strings.NewReader(samplesJSONL)); decoder.More(); {
		var sample struct {
			Service string
			Data    json.RawMessage
		}
		if err := decoder.Decode(&sample); err != nil {
			panic(err) // an embedded file
		}
		all[sample.Service] = sample.Data
	}
	return all
})

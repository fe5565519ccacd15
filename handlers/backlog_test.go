package handlers_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rieltime/handlers"
)

// BenchmarkWebhookBacklog drains what has gathered for one quick endpoint,
// while another does not answer.
func BenchmarkWebhookBacklog(b *testing.B) {
	h := newHarness(b, unlimited)
	const gathered = 1000
	var start sync.Once
	var arrived atomic.Int64
	all := make(chan struct{}, 1)
	release := make(chan struct{})
	quick := receive(b, func(http.ResponseWriter, *http.Request) {
		if arrived.Add(1)%gathered == 0 {
			all <- struct{}{}
		}
	})

	slow := receive(b, func(http.ResponseWriter, *http.Request) { <-release })
	b.Cleanup(func() { close(release) }) // before the receiver closes
	gather := func(endpoint string, count int) {
		for range count {
			h.call("klaing test", http.MethodPost, endpoints+"/"+endpoint+"/test", "")
		}
	}

	gather(h.addEndpoint(slow.URL, "payment.late").ID, gathered/10)
	endpoint := h.addEndpoint(quick.URL, "payment.late").ID
	for b.Loop() {
		b.StopTimer()
		gather(endpoint, gathered)
		b.StartTimer()
		start.Do(func() { h.deliverBy(time.Now) })
		<-all
	}

	b.ReportMetric(float64(arrived.Load())/b.Elapsed().Seconds(), "deliveries/s")
}

// unlimited lets a benchmark go as fast as it can.
func unlimited(c *handlers.Config) {
	c.Log = nil
	c.APILimit, c.PayLimit = handlers.Limit{PerSecond: -1}, handlers.Limit{PerSecond: -1}
	c.Guard = handlers.Guard{AddressLimit: handlers.Limit{PerSecond: -1}}
}

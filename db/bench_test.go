package db_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"rieltime/checkout"
	"rieltime/db"
)

func benchStore(b *testing.B) *db.Store {
	b.Helper()
	store := open(b)
	apply(b, store, "")
	return store
}

// Creates that arrive together share their commits.
func BenchmarkInsertSession(b *testing.B) {
	for _, parallel := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", parallel), func(b *testing.B) {
			store := benchStore(b)
			var n atomic.Int64
			b.SetParallelism(parallel)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					s := session(fmt.Sprintf("cs_%d", n.Add(1)))
					if _, err := store.InsertSession(b.Context(), s, checkout.Claim{}); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

func BenchmarkGlance(b *testing.B) {
	store := benchStore(b)
	insert(b, store, session("cs_1"), payment("pay_1", "cs_1"))
	for b.Loop() {
		if _, err := store.Glance(b.Context(), "cs_1"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPurchase(b *testing.B) {
	store := benchStore(b)
	insert(b, store, session("cs_1"), payment("pay_1", "cs_1"))
	for b.Loop() {
		if _, err := store.Purchase(b.Context(), "cs_1"); err != nil {
			b.Fatal(err)
		}
	}
}

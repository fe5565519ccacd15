package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// hashes has n hashes, of which those that end in 3 failed, and those in 7 are not known.
func hashes(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("%064d", i))
	}
	return all
}

func statusOf(hash string) ListStatus {
	switch hash[len(hash)-1] {
	case '3':
		return ListFailed
	case '7':
		return ListNotFound
	}
	return ListSuccess
}

// bank answers questions about hashes; about lists with an HTTP status, where it has one.
// It notes what it was asked.
type bank struct {
	listStatus int
	asked      []string
}

func (b *bank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	endpoint := strings.TrimPrefix(r.URL.Path, "/v1/check_transaction_by_")
	b.asked = append(b.asked, endpoint)
	body, _ := io.ReadAll(r.Body)
	if endpoint == "hash_list" {
		if b.listStatus != 0 {
			w.WriteHeader(b.listStatus)
			return
		}
		var keys []string
		_ = json.Unmarshal(body, &keys)
		slices.Reverse(keys) // in no promised order
		var items []string
		for _, key := range keys {
			items = append(items, fmt.Sprintf(`{"hash":%q,"status":%q,"data":{"hash":%q}}`, key, statusOf(key), key))
		}
		_, _ = io.WriteString(w, `{"responseCode":0,"data":[`+strings.Join(items, ",")+`]}`)
		return
	}

	var one struct{ Hash string }
	_ = json.Unmarshal(body, &one)
	switch statusOf(one.Hash) {
	case ListFailed:
		_, _ = io.WriteString(w, `{"responseCode":1,"errorCode":3}`)
	case ListNotFound:
		_, _ = io.WriteString(w, `{"responseCode":1,"errorCode":1}`)
	default:
		_, _ = fmt.Fprintf(w, `{"responseCode":0,"data":{"hash":%q}}`, one.Hash)
	}
}

func TestHashesAreAskedAboutInListsOrElseOneByOne(t *testing.T) {
	for name, test := range map[string]struct {
		hashes, listStatus int
		asked              string
	}{
		"lists":               {120, 0, "hash_list hash_list hash_list"},
		"one":                 {1, 0, "hash"},
		"not there":           {3, http.StatusNotFound, "hash_list hash hash hash"},
		"refused":             {3, http.StatusForbidden, "hash_list hash hash hash"},
		"none":                {0, 0, ""},
		"the last of a chunk": {51, 0, "hash_list hash_list"},
	} {
		b := &bank{listStatus: test.listStatus}
		all := hashes(test.hashes)
		items, err := client(t, b.ServeHTTP).CheckHashes(context.Background(), all)
		if err != nil || len(items) != len(all) || strings.Join(b.asked, " ") != test.asked {
			t.Errorf("%s: %d items, %v, by %q", name, len(items), err, b.asked)
			continue
		}
		for i, item := range items {
			if item.Key != all[i] || item.Status != statusOf(all[i]) || item.Status == ListSuccess && string(item.Transaction.Hash) != all[i] {
				t.Errorf("%s: %d is %+v", name, i, item)
			}
		}
	}
}

func TestFailureOfAListIsNoReasonToAskOneByOne(t *testing.T) {
	for _, status := range []int{http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusInternalServerError} {
		b := &bank{listStatus: status}
		items, err := client(t, b.ServeHTTP).CheckHashes(context.Background(), hashes(3))
		var refused *Error
		if !errors.As(err, &refused) || refused.Status != status || len(items) > 0 || len(b.asked) != 1 {
			t.Errorf("%d: %v, %v, %q", status, items, err, b.asked)
		}
	}
}

func TestHashThatAListAnswersTwiceOrNotAtAllHasNoStatus(t *testing.T) {
	all := hashes(3)
	body := fmt.Sprintf(`{"responseCode":0,"data":[{"hash":%q,"status":"SUCCESS"},{"hash":%q,"status":"FAILED"},{"hash":%q,"status":"NOT_FOUND"}]}`, all[0], all[0], all[2])
	items, err := answering(t, http.StatusOK, body).CheckHashes(context.Background(), all)
	if err != nil || len(items) != 3 || items[0].Status != "" || items[1].Status != "" || items[2].Status != ListNotFound {
		t.Errorf("%+v, %v", items, err)
	}
}

package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// MaxList is how many md5s or hashes a list endpoint takes.
const MaxList = 50

// CheckMD5List asks about up to MaxList codes in one question. Items come in
// no promised order and some may be missing.
func (c Client) CheckMD5List(ctx context.Context, md5s []string) ([]Listed, error) {
	return c.list(ctx, "check_transaction_by_md5_list", md5s)
}

// CheckHashList asks about up to MaxList full hashes in one question.
func (c Client) CheckHashList(ctx context.Context, hashes []string) ([]Listed, error) {
	return c.list(ctx, "check_transaction_by_hash_list", hashes)
}

// CheckHashes asks about full hashes, in lists where the deployment takes them, and else
// one by one. Items come in the order of the hashes; with an error, those that were
// answered before it.
func (c Client) CheckHashes(ctx context.Context, hashes []string) ([]Listed, error) {
	var answered []Listed
	lists := len(hashes) > 1
	for rest := hashes; len(rest) > 0; {
		some := rest[:min(len(rest), MaxList)]
		if lists {
			items, err := c.CheckHashList(ctx, some)
			if lists = !NoEndpoint(err); err != nil && lists {
				return answered, err
			}
			if lists {
				answered, rest = append(answered, inOrder(some, items)...), rest[len(some):]
				continue
			}
		}

		item, err := c.checkOneHash(ctx, rest[0])
		if err != nil {
			return answered, err
		}
		answered, rest = append(answered, item), rest[1:]
	}
	return answered, nil
}

// checkOneHash asks about one hash, and answers as a list would.
func (c Client) checkOneHash(ctx context.Context, hash string) (Listed, error) {
	found, err := c.CheckHash(ctx, hash)
	switch {
	case err == nil:
		return Listed{hash, ListSuccess, &found}, nil
	case errors.Is(err, CodeNotFound):
		return Listed{hash, ListNotFound, nil}, nil
	case errors.Is(err, CodeTransactionFailed):
		return Listed{hash, ListFailed, nil}, nil
	}
	return Listed{}, err
}

// inOrder returns the items of a list in the order of its keys. The status of a key that
// has none, or two, is empty.
func inOrder(keys []string, items []Listed) []Listed {
	ordered := make([]Listed, len(keys))
	for i, key := range keys {
		ordered[i].Key = key
		of := slices.DeleteFunc(slices.Clone(items), func(item Listed) bool { return item.Key != key })
		if len(of) == 1 {
			ordered[i] = of[0]
		}
	}
	return ordered
}

func (c Client) list(ctx context.Context, endpoint string, keys []string) ([]Listed, error) {
	if len(keys) == 0 || len(keys) > MaxList {
		return nil, fmt.Errorf("bakong: a list holds 1 to %d keys, not %d", MaxList, len(keys))
	}

	var items []struct {
		MD5    Text            `json:"md5"`
		Hash   Text            `json:"hash"`
		Status Text            `json:"status"`
		Data   json.RawMessage `json:"data"`
	}
	if err := c.call(ctx, endpoint, keys, &items); err != nil {
		return nil, err
	}

	listed := make([]Listed, 0, len(items))
	for _, item := range items {
		key := item.MD5
		if key == "" {
			key = item.Hash
		}

		entry := Listed{
			Key:    strings.ToLower(string(key)),
			Status: ListStatus(strings.ToUpper(string(item.Status))),
		}

		var found Transaction
		if json.Unmarshal(item.Data, &found) == nil && found.Hash != "" && c.markRelayed(&found) == nil {
			entry.Transaction = &found
		}

		listed = append(listed, entry)
	}

	return listed, nil
}

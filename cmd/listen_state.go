package cmd

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"rieltime/checkout"
)

// errState is a state file that cannot be read or written.
var errState = errors.New("the state file cannot be used")

// listenState is where listening stopped for one server and API key, and the
// secret that its webhooks are signed with.
type listenState struct {
	Sequence int64 // -1: nothing is stored yet
	Secret   checkout.Secret

	path, name string
}

// savedListenState is a listenState in the file, under a name that reveals neither
// the server nor the key.
type savedListenState struct {
	Sequence int64  `json:"sequence"`
	Secret   string `json:"secret"`
}

// openListenState reads the state, or returns a new one with a new secret. An empty
// path means a file in the user's configuration folder.
func openListenState(path, api string, key checkout.Secret) (listenState, error) {
	if path == "" {
		folder, err := os.UserConfigDir()
		if err != nil {
			return listenState{}, fmt.Errorf("%w: choose one with --state: %w", errState, err)
		}
		path = filepath.Join(folder, "rieltime", "listen.json")
	}

	sum := sha256.Sum256([]byte(api + " " + key.Reveal()))
	state := listenState{Sequence: -1, path: path, name: hex.EncodeToString(sum[:8])}
	all, err := readListenStates(path)
	if err != nil {
		return state, err
	}

	if kept, ok := all[state.name]; ok {
		state.Sequence, state.Secret = kept.Sequence, checkout.Secret(kept.Secret)
		return state, nil
	}

	state.Secret = checkout.NewWebhookSecret()
	return state, nil
}

func readListenStates(path string) (map[string]savedListenState, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]savedListenState{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errState, err)
	}

	var all map[string]savedListenState
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", errState, path, err)
	}

	return all, nil
}

// save writes the state beside those of other servers and keys.
func (s listenState) save() error {
	all, err := readListenStates(s.path)
	if err != nil {
		return err
	}

	if all == nil {
		all = map[string]savedListenState{}
	}

	all[s.name] = savedListenState{Sequence: s.Sequence, Secret: s.Secret.Reveal()}
	text, err := json.MarshalIndent(all, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(s.path), 0o700)
	}

	if err == nil {
		err = os.WriteFile(s.path+".new", text, 0o600)
	}

	if err == nil {
		err = os.Rename(s.path+".new", s.path)
	}

	if err != nil {
		return fmt.Errorf("%w: %w", errState, err)
	}

	return nil
}

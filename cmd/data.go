package cmd

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rieltime/checkout"
	"rieltime/db"
)

// databaseFlags locate the database: a file, unless there is a URL.
type databaseFlags struct {
	Data     string          `help:"Folder of the database." default:"./data" env:"RIELTIME_DATA" type:"path"`
	Database checkout.Secret `help:"PostgreSQL database to use instead of a file in --data: postgres://user:password@host/name" env:"RIELTIME_DATABASE" placeholder:"URL"`
}

func (f databaseFlags) path() string { return filepath.Join(f.Data, "rieltime.db") }

// file returns the path of the database file, or db.ErrServer when there is none.
func (f databaseFlags) file() (string, error) {
	if f.Database != "" {
		return "", db.ErrServer
	}
	return f.path(), nil
}

// options returns what opens the database, without its key.
func (f databaseFlags) options() db.Options {
	return db.Options{Path: f.path(), URL: f.Database.Reveal()}
}

// dataFlags locate the database and hold the keys that encrypt its secrets.
type dataFlags struct {
	databaseFlags
	Key checkout.Secret `help:"Encryption key of the secrets in the database: 32 bytes in base64 (see genkey)." env:"RIELTIME_KEY" placeholder:"BASE64"`

	KeyFile string `help:"File with the encryption key, used when --key is not given." env:"RIELTIME_KEY_FILE" type:"path"`

	now func() time.Time // the clock to go by; nil: the database's

	OldKey checkout.Secret `help:"Previous encryption key, while changing keys (see rekey)." env:"RIELTIME_OLD_KEY" placeholder:"BASE64"`
}

// openStore opens an existing database with its key. Only serve, demo and
// merchant apply may create or migrate one: they use open.
func (f dataFlags) openStore(ctx context.Context, access db.Access, log *slog.Logger) (*db.Store, error) {
	options := f.options()
	options.Access, options.Log = access, log
	store, _, err := f.openWith(ctx, options)
	return store, err
}

func (f dataFlags) openWith(ctx context.Context, options db.Options) (store *db.Store, key []byte, err error) {
	if f.Key == "" && f.KeyFile != "" {
		text, err := os.ReadFile(f.KeyFile)
		if err != nil {
			return nil, nil, err
		}
		f.Key = checkout.Secret(strings.TrimSpace(string(text)))
	}

	if f.Key == "" {
		return nil, nil, errors.New("RIELTIME_KEY is not set: create one with `rieltime genkey` and keep it safe, because the provider secrets cannot be read without it")
	}
	if key, err = keyBytes("RIELTIME_KEY", f.Key); err != nil {
		return nil, nil, err
	}

	if f.OldKey != "" {
		old, err := keyBytes("RIELTIME_OLD_KEY", f.OldKey)
		if err != nil {
			return nil, nil, err
		}
		options.OldKeys = [][]byte{old}
	}

	options.Key = key
	store, err = db.Open(ctx, options)
	return store, key, err
}

func keyBytes(name string, text checkout.Secret) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(text.Reveal())
	if err != nil || len(key) != db.KeySize {
		return nil, fmt.Errorf("%s must be %d bytes in base64: create one with `rieltime genkey`", name, db.KeySize)
	}
	return key, nil
}

func newKey() []byte {
	key := make([]byte, db.KeySize)
	_, _ = rand.Read(key) // crypto/rand never fails: it ends the process instead
	return key
}

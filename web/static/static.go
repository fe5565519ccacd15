// Package static serves the page's stylesheet and scripts from the binary,
// under addresses that change with their content, so that browsers keep them
// for ever.
//
// The folder vendor/ is filled at build ("make assets") and is not committed;
// without it checkout.js is app.js alone, and the page reloads itself instead
// of polling.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

// Prefix is where Handler expects to be mounted.
const Prefix = "/static/"

//go:embed *
var files embed.FS

var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

type asset struct {
	contentType string
	plain       []byte
	gzipped     []byte
}

type assets struct {
	urls    map[string]string // name → fingerprinted URL
	content map[string]asset  // fingerprinted URL → asset
}

var load = sync.OnceValue(loadAssets)

// URL is the fingerprinted address of a file such as "app.css", or of
// "checkout.js", which is htmx followed by app.js. Unknown names are empty.
func URL(name string) string {
	return load().urls[name]
}

// Handler serves what URL and ThemeURL name, and 404 for all else.
func Handler() http.Handler {
	all := load()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		found, ok := all.content[r.URL.Path]
		if !ok {
			found, ok = theme(r.URL.Path)
		}
		if !ok {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		found.serve(w, r)
	})
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", a.contentType)
	header.Set("Cache-Control", "public, max-age=31536000, immutable")
	header.Set("Vary", "Accept-Encoding")
	header.Set("X-Content-Type-Options", "nosniff")
	body := a.plain
	if len(a.gzipped) > 0 && acceptsGzip(r.Header.Get("Accept-Encoding")) {
		header.Set("Content-Encoding", "gzip")
		body = a.gzipped
	}
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // fails only when the client has gone
}

// acceptsGzip reads an Accept-Encoding header; "gzip;q=0" is a refusal.
func acceptsGzip(header string) bool {
	for _, part := range strings.Split(header, ",") {
		coding, weight, _ := strings.Cut(part, ";")
		weight = strings.TrimRight(strings.ReplaceAll(weight, " ", ""), "0.")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") && weight != "q=" {
			return true
		}
	}
	return false
}

func loadAssets() assets {
	all := assets{urls: map[string]string{}, content: map[string]asset{}}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || contentTypes[path.Ext(name)] == "" {
			return err
		}
		body, err := files.ReadFile(name)
		all.add(name, body)
		return err
	})
	if err != nil {
		panic(err) // embedded at build
	}
	all.add("checkout.js", bytes.Join([][]byte{
		all.content[all.urls["vendor/htmx.min.js"]].plain,
		all.content[all.urls["app.js"]].plain,
	}, []byte("\n")))
	return all
}

func (all assets) add(name string, body []byte) {
	sum := sha256.Sum256(body)
	extension := path.Ext(name)
	url := Prefix + strings.TrimSuffix(name, extension) + "." + hex.EncodeToString(sum[:6]) + extension
	all.urls[name] = url
	all.content[url] = asset{contentTypes[extension], body, compress(body)}
}

// compress is empty when it would save nothing.
func compress(body []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err = w.Write(body); err != nil {
		return nil
	}
	if err = w.Close(); err != nil || out.Len() >= len(body) {
		return nil
	}
	return out.Bytes()
}

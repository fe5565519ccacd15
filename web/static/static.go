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
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"

	"rieltime/web/accept"
)

// Prefix is where Handler expects to be mounted.
const Prefix = "/static/"

//go:embed *
var files embed.FS

// bundles are made of htmx and our scripts.
var bundles = map[string][]string{"checkout.js": {"app.js"}, "dashboard.bundle.js": {"dashboard.js", "counter.js"}}

var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

type asset struct {
	contentType string
	plain       []byte
	packed      func() []packing // the smallest first; nil: too small to pack
}

// packing is a body as one content coding has it.
type packing struct {
	coding string
	body   []byte
}

type assets struct {
	urls    map[string]string // name → fingerprinted URL
	content map[string]asset  // fingerprinted URL → asset
}

var load = sync.OnceValue(loadAssets)

// URL is the fingerprinted address of a file such as "app.css", or of one of the
// bundles. Unknown names are empty.
func URL(name string) string {
	return load().urls[name]
}

// Text is the content of a file such as "worker.js", without its fingerprint; empty for
// an unknown name.
func Text(name string) []byte {
	all := load()
	return all.content[all.urls[name]].plain
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
	if p := a.wanted(r.Header.Values("Accept-Encoding")); p != nil {
		header.Set("Content-Encoding", p.coding)
		body = p.body
	}

	if r.Method == http.MethodHead {
		return
	}

	_, _ = w.Write(body) // fails only when the client has gone
}

// wanted is the packing that weighs most in an Accept-Encoding header, of equal
// ones the smallest; nil where none is accepted, or plain is wanted more.
func (a asset) wanted(accepted []string) *packing {
	choices := accept.Choices(strings.Join(accepted, ","))
	var best *packing
	most := 0
	for _, p := range a.packings() {
		if weight := accept.CodingWeight(choices, p.coding); weight > most {
			best, most = &p, weight
		}
	}
	return best
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

	for bundle, scripts := range bundles {
		parts := [][]byte{all.content[all.urls["vendor/htmx.min.js"]].plain}
		for _, script := range scripts {
			parts = append(parts, all.content[all.urls[script]].plain)
		}
		all.add(bundle, bytes.Join(parts, []byte("\n")))
	}

	all.addThemes()
	return all
}

func (all assets) add(name string, body []byte) {
	sum := sha256.Sum256(body)
	extension := path.Ext(name)
	url := Prefix + strings.TrimSuffix(name, extension) + "." + hex.EncodeToString(sum[:6]) + extension
	all.urls[name] = url
	all.content[url] = asset{contentTypes[extension], body, sync.OnceValue(func() []packing { return pack(body) })}
}

func (a asset) packings() []packing {
	if a.packed == nil {
		return nil
	}
	return a.packed()
}

// pack packs a body as small as each coding can, which takes a while: it is
// done once for each asset, when it is first asked for.
func pack(body []byte) []packing {
	var packed []packing
	for _, coding := range []string{"br", "gzip"} {
		if small := compress(coding, body); len(small) > 0 && len(small) < len(body) {
			packed = append(packed, packing{coding, small})
		}
	}
	return packed
}

// compress is empty when it failed.
func compress(coding string, body []byte) []byte {
	var out bytes.Buffer
	var w io.WriteCloser = brotli.NewWriterLevel(&out, brotli.BestCompression)
	if coding == "gzip" {
		w, _ = gzip.NewWriterLevel(&out, gzip.BestCompression) // fails for an unknown level only
	}

	if _, err := w.Write(body); err != nil {
		return nil
	}
	if err := w.Close(); err != nil {
		return nil
	}

	return out.Bytes()
}

// addThemes adds app.light.css and app.dark.css: the stylesheet in one theme,
// whatever the device prefers. The gallery shows them.
func (all assets) addThemes() {
	css := string(all.content[all.urls["app.css"]].plain)
	for theme, media := range map[string]string{"light": "@media not all", "dark": "@media screen"} {
		one := strings.Replace(css, "@media screen and (prefers-color-scheme: dark)", media, 1)
		one = strings.Replace(one, "color-scheme: light dark", "color-scheme: "+theme, 1)
		all.add("app."+theme+".css", []byte(one))
	}
}

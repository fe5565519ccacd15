// Package catalogue holds the texts of pages in several languages.
package catalogue

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
)

// Catalogue has the texts of each language by their keys.
type Catalogue map[string]map[string]string

// fallback is the language of an unknown one.
const fallback = "en"

// MustLoad reads locales/<lang>.json of each language from files that are embedded
// when the program is built; it panics for one that is missing or no JSON object of
// strings.
func MustLoad(files fs.FS, languages []string) Catalogue {
	all := make(Catalogue, len(languages))
	for _, lang := range languages {
		texts := map[string]string{}
		file, err := fs.ReadFile(files, "locales/"+lang+".json")
		if err == nil {
			err = json.Unmarshal(file, &texts)
		}

		if err != nil {
			panic(fmt.Sprintf("locale %s: %v", lang, err))
		}

		all[lang] = texts
	}

	return all
}

// Text is the text of key in lang. Placeholders written {name} take their values
// from args, which are pairs of name and value: Text("en", "page.title",
// "merchant", "Tuk Tuk Cafe"). An unknown language reads English; an unknown
// key is returned as it is.
func (c Catalogue) Text(lang, key string, args ...string) string {
	text, ok := c.Lookup(lang, key)
	if !ok {
		return key
	}
	return substitute(text, args)
}

// Lookup is the text of key in lang with its placeholders.
func (c Catalogue) Lookup(lang, key string) (text string, ok bool) {
	texts, ok := c[lang]
	if !ok {
		texts = c[fallback]
	}
	text, ok = texts[key]
	return text, ok
}

// substitute replaces each placeholder of text that args name, once: what a value
// says in braces stays as it is.
func substitute(text string, args []string) string {
	var out strings.Builder
	for len(args) > 1 {
		before, rest, found := strings.Cut(text, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			break
		}

		out.WriteString(before)
		value := "{" + name + "}"
		for i := 0; i+1 < len(args); i += 2 {
			if args[i] == name {
				value = args[i+1]
			}
		}

		out.WriteString(value)
		text = after
	}

	if out.Len() == 0 {
		return text
	}

	out.WriteString(text)
	return out.String()
}

package handlers

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"
)

// openAPI describes the merchant API: what is answered is tested against it.
//
//go:embed openapi.json
var openAPI []byte

const documentsKeptFor = "public, max-age=300"

// serveOpenAPI is GET /openapi.json.
func (s *server) serveOpenAPI(c echo.Context) error {
	h := c.Response().Header()
	h.Set(echo.HeaderCacheControl, documentsKeptFor)
	h.Set(echo.HeaderAccessControlAllowOrigin, "*")
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, openAPI)
}

// tree is a JSON object that keeps the order of its members. Values are *tree,
// []any, string, json.Number, bool or nil.
type tree struct {
	names  []string
	values map[string]any
}

func readTree(document []byte) (*tree, error) {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	value, err := readNode(decoder)
	if err != nil {
		return nil, err
	}

	root, ok := value.(*tree)
	if !ok {
		return nil, fmt.Errorf("the document is %T, want an object", value)
	}

	return root, nil
}

func readNode(decoder *json.Decoder) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}

	switch token {
	case json.Delim('{'):
		object := &tree{values: map[string]any{}}
		for decoder.More() {
			name, err := decoder.Token()
			if err != nil {
				return nil, err
			}

			value, err := readNode(decoder)
			if err != nil {
				return nil, err
			}

			object.names = append(object.names, fmt.Sprint(name))
			object.values[fmt.Sprint(name)] = value
		}

		_, err := decoder.Token()
		return object, err

	case json.Delim('['):
		elements := []any{}
		for decoder.More() {
			value, err := readNode(decoder)
			if err != nil {
				return nil, err
			}
			elements = append(elements, value)
		}

		_, err := decoder.Token()
		return elements, err
	}

	return token, nil
}

// MarshalJSON writes the members in their order.
func (t *tree) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, name := range t.names {
		if i > 0 {
			out.WriteByte(',')
		}

		key, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}

		value, err := json.Marshal(t.values[name])
		if err != nil {
			return nil, err
		}

		out.Write(key)
		out.WriteByte(':')
		out.Write(value)
	}

	out.WriteByte('}')
	return out.Bytes(), nil
}

// at follows names down; nil when one is missing or no object. A nil tree has
// no members.
func (t *tree) at(names ...string) *tree {
	for _, name := range names {
		if t == nil {
			return nil
		}
		t, _ = t.values[name].(*tree)
	}
	return t
}

func (t *tree) text(name string) string {
	if t == nil {
		return ""
	}
	text, _ := t.values[name].(string)
	return text
}

func (t *tree) has(name string) bool {
	if t == nil {
		return false
	}
	_, ok := t.values[name]
	return ok
}

func (t *tree) list(name string) []any {
	if t == nil {
		return nil
	}
	elements, _ := t.values[name].([]any)
	return elements
}

func (t *tree) members() []string {
	if t == nil {
		return nil
	}
	return t.names
}

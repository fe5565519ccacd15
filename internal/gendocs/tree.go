package main

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// tree is a JSON object that keeps the order of its members. Values are *tree,
// []any, string, json.Number, bool or nil.
type tree struct {
	names  []string
	values map[string]any
}

// readTree parses a JSON document whose root is an object.
func readTree(document []byte) (*tree, error) {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	value, err := readNode(decoder)
	if err != nil {
		return nil, err
	}

	root, ok := value.(*tree)
	if !ok {
		return nil, fmt.Errorf("the document is a %T, not an object", value)
	}

	return root, nil
}

// readNode parses the next value of the decoder.
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

// at follows names down and returns nil when one is missing or not an object.
// A nil tree has no members.
func (t *tree) at(names ...string) *tree {
	for _, name := range names {
		if t == nil {
			return nil
		}
		t, _ = t.values[name].(*tree)
	}
	return t
}

// text returns a member that is a string, or "".
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

// list returns the elements of a member that is an array.
func (t *tree) list(name string) []any {
	if t == nil {
		return nil
	}
	elements, _ := t.values[name].([]any)
	return elements
}

// members returns the names of all members, in the document's order.
func (t *tree) members() []string {
	if t == nil {
		return nil
	}
	return t.names
}

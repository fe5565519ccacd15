package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"rieltime/checkout"
)

const maxDepth = 8

// readObject parses a body that must be one JSON object, in which no name
// appears twice. encoding/json alone would take the last of two, match names
// in any case, and repair broken UTF-8.
func readObject(body []byte) (*fields, error) {
	if !utf8.Valid(body) {
		return nil, checkout.Invalidf("", "json_invalid", "The body is not valid UTF-8.")
	}

	var whole json.RawMessage
	if err := json.Unmarshal(body, &whole); err != nil {
		return nil, syntaxProblem(err)
	}

	decoder := &bodyDecoder{json.NewDecoder(bytes.NewReader(body)), body}
	decoder.UseNumber()
	value, err := readValue(decoder, "", 0)
	if err != nil {
		return nil, err
	}

	object, ok := value.(*fields)
	if !ok {
		return nil, checkout.Invalidf("", "json_invalid", "The body must be one JSON object.")
	}

	return object, nil
}

// readValue reads one value: *fields, []any, string, json.Number, bool or nil.
func readValue(decoder *bodyDecoder, path string, depth int) (any, error) {
	if depth > maxDepth {
		return nil, checkout.Invalidf(path, "json_invalid", "%s is nested too deeply.", path)
	}

	token, err := decoder.token(path)
	if err != nil {
		return nil, err
	}

	switch token {
	case json.Delim('{'):
		return readMembers(decoder, path, depth)
	case json.Delim('['):
		return readElements(decoder, path, depth)
	}

	return token, nil
}

func readMembers(decoder *bodyDecoder, path string, depth int) (*fields, error) {
	object := &fields{path: path, values: map[string]any{}, read: map[string]bool{}}
	if path != "" {
		object.path = path + "."
	}

	for decoder.More() {
		token, err := decoder.token(path)
		if err != nil {
			return nil, err
		}

		name, _ := token.(string) // the names of a valid object are strings
		if _, twice := object.values[name]; twice {
			return nil, checkout.Invalidf(object.path+name, "field_repeated", "%s is given more than once.", object.path+name)
		}

		value, err := readValue(decoder, object.path+name, depth+1)
		if err != nil {
			return nil, err
		}

		object.names = append(object.names, name)
		object.values[name] = value
	}

	_, err := decoder.Token()
	return object, err
}

func readElements(decoder *bodyDecoder, path string, depth int) ([]any, error) {
	elements := []any{}
	for decoder.More() {
		value, err := readValue(decoder, fmt.Sprintf("%s[%d]", path, len(elements)), depth+1)
		if err != nil {
			return nil, err
		}
		elements = append(elements, value)
	}
	_, err := decoder.Token()
	return elements, err
}

// Package openapitest checks requests, responses and webhooks against an
// OpenAPI 3.1 document, for tests, and records what of it they have covered.
//
// It knows the part of OpenAPI that our document uses: JSON bodies, parameters
// in path, query and header, responses by status or "default", and webhooks.
// General validators accept query parameters and response bodies that the
// document does not have, check no webhooks, and know nothing of x-errors.
package openapitest

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const documentURL = "urn:openapi"

// Document is a document to check against. It is safe for concurrent use.
type Document struct {
	root       map[string]any
	operations []operation

	mu       sync.Mutex
	compiler *jsonschema.Compiler
}

// operation is a method of a path; item and self are JSON pointers to the two.
type operation struct {
	method   string
	segments []string
	item     string
	self     string
}

func (o operation) String() string { return o.method + " /" + strings.Join(o.segments, "/") }

// Open reads a document from a file.
func Open(path string) (*Document, error) {
	document, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return New(document)
}

// New reads a document.
func New(document []byte) (*Document, error) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return nil, fmt.Errorf("the OpenAPI document is not JSON: %w", err)
	}

	root, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the OpenAPI document is not an object")
	}

	d := &Document{root: root, compiler: jsonschema.NewCompiler()}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource(documentURL, value); err != nil {
		return nil, err
	}

	methods := []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	for path, item := range object(root["paths"]) {
		pointer := "/paths/" + escape(path)
		for _, method := range methods {
			if _, ok := object(item)[strings.ToLower(method)]; ok {
				d.operations = append(d.operations, operation{
					method: method, segments: strings.Split(strings.Trim(path, "/"), "/"), item: pointer, self: pointer + "/" + strings.ToLower(method),
				})
			}
		}
	}

	slices.SortFunc(d.operations, func(a, b operation) int { return strings.Compare(a.String(), b.String()) })
	return d, nil
}

// Operations returns all operations, such as "GET /v1/payments/{payment}".
func (d *Document) Operations() []string {
	names := make([]string, len(d.operations))
	for i, o := range d.operations {
		names[i] = o.String()
	}
	return names
}

// find returns the operation of a request, nil when the document has none, and
// reports whether the document has the path.
func (d *Document) find(method, path string) (found *operation, known bool) {
	if method == http.MethodHead {
		method = http.MethodGet
	}

	segments := strings.Split(strings.Trim(path, "/"), "/")
	for i := range d.operations {
		o := &d.operations[i]
		if !o.matches(segments) {
			continue
		}

		known = true
		if o.method == method {
			return o, true
		}
	}

	return nil, known
}

func (o *operation) matches(segments []string) bool {
	return slices.EqualFunc(o.segments, segments, func(wanted, given string) bool {
		return wanted == given || strings.HasPrefix(wanted, "{") && given != ""
	})
}

// node resolves a JSON pointer, following references on the way, and returns the
// value and the pointer to its real place.
func (d *Document) node(pointer string) (value any, real string) {
	value = d.root
	for segment := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		value, real = member(value, unescape(segment)), real+"/"+segment
		if target, ok := object(value)["$ref"].(string); ok {
			value, real = d.node(strings.TrimPrefix(target, "#"))
		}
	}
	return value, real
}

// validate checks a JSON value against the schema at a pointer.
func (d *Document) validate(pointer string, value any) error {
	d.mu.Lock()
	schema, err := d.compiler.Compile(documentURL + "#" + pointer)
	d.mu.Unlock()
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// member returns a member of an object or an element of an array, or nil.
func member(value any, name string) any {
	if elements, ok := value.([]any); ok {
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(elements) {
			return elements[i]
		}
		return nil
	}
	return object(value)[name]
}

func object(value any) map[string]any {
	members, _ := value.(map[string]any)
	return members
}

func array(value any) []any {
	elements, _ := value.([]any)
	return elements
}

func text(value any) string {
	s, _ := value.(string)
	return s
}

func escape(name string) string { return escapes.Replace(name) }

func unescape(segment string) string { return unescapes.Replace(segment) }

var (
	escapes   = strings.NewReplacer("~", "~0", "/", "~1")
	unescapes = strings.NewReplacer("~1", "/", "~0", "~")
)

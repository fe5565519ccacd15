package main

import (
	"encoding/json"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"rieltime/web/static"
)

// reference is the data of page.html.
type reference struct {
	Stylesheet  string
	Title       string
	Summary     string
	Description string
	Groups      []group
	Events      []event
	Objects     []object
	Errors      []failureCode
}

// group is a tag with its calls.
type group struct {
	Name, Description string
	Calls             []call
}

// call is an operation.
type call struct {
	ID, Method, Path     string
	Summary, Description string
	Scope                string
	Params               []field
	Body                 *object // nil: no body
	BodyOptional         bool
	Answers              []answer
	Codes                []string
}

// answer is one response of a call.
type answer struct {
	Status, Description string
	Schema              string // empty: no body
}

// object is a schema.
type object struct {
	Name, Description string
	Fields            []field
	Type              template.HTML // only without fields
	Restrictions      string
	Example           string // JSON, may be empty
}

// field is a property of an object or a parameter of a call.
type field struct {
	Name, In     string // In is "path", "query" or "header", empty for a property
	Type         template.HTML
	Description  string
	Required     bool
	Restrictions string
}

type event struct{ Type, Summary, Schema string }

type failureCode struct{ Status, Code, Description string }

// newReference collects from the document what the page shows.
func newReference(root *tree) reference {
	page := reference{
		Stylesheet: static.URL("docs.css"),
		Title:      root.at("info").text("title"), Summary: root.at("info").text("summary"), Description: root.at("info").text("description"),
	}

	for _, element := range root.list("tags") {
		tag, _ := element.(*tree)
		page.Groups = append(page.Groups, group{Name: tag.text("name"), Description: tag.text("description"), Calls: callsOf(root, tag.text("name"))})
	}

	for _, name := range root.at("webhooks").members() {
		hook := root.at("webhooks", name, "post")
		body := resolve(root, hook.at("requestBody"))
		page.Events = append(page.Events, event{Type: name, Summary: hook.text("summary"), Schema: schemaName(jsonSchema(body))})
	}

	schemas := root.at("components", "schemas")
	for _, name := range schemas.members() {
		if name != "Empty" && name != "ErrorCode" { // a body without fields, and what has a section of its own
			page.Objects = append(page.Objects, objectOf(name, schemas.at(name)))
		}
	}

	for _, element := range schemas.at("ErrorCode").list("oneOf") {
		code, _ := element.(*tree)
		page.Errors = append(page.Errors, failureCode{fmt.Sprint(code.values["x-status"]), code.text("const"), code.text("description")})
	}

	return page
}

// callsOf returns the operations with a tag, in the document's order.
func callsOf(root *tree, tag string) []call {
	var calls []call
	for _, path := range root.at("paths").members() {
		item := root.at("paths", path)
		for _, method := range item.members() {
			operation := item.at(method)
			if operation != nil && slices.Contains(operation.list("tags"), any(tag)) {
				calls = append(calls, callOf(root, path, method))
			}
		}
	}

	return calls
}

func callOf(root *tree, path, method string) call {
	item := root.at("paths", path)
	operation := item.at(method)
	made := call{
		ID: operation.text("operationId"), Method: strings.ToUpper(method), Path: path,
		Summary: operation.text("summary"), Description: operation.text("description"), Scope: operation.text("x-scope"),
	}

	for _, element := range slices.Concat(item.list("parameters"), operation.list("parameters")) {
		parameter, _ := element.(*tree)
		made.Params = append(made.Params, parameterOf(resolve(root, parameter)))
	}

	if body := operation.at("requestBody"); body != nil {
		name := schemaName(jsonSchema(body))
		shown := objectOf(name, root.at("components", "schemas", name))
		made.Body, made.BodyOptional = &shown, body.values["required"] != true
	}

	for _, status := range operation.at("responses").members() {
		response := operation.at("responses", status)
		if !response.has("$ref") {
			made.Answers = append(made.Answers, answer{status, response.text("description"), schemaName(jsonSchema(response))})
		}
	}

	for _, code := range operation.list("x-errors") {
		made.Codes = append(made.Codes, fmt.Sprint(code))
	}

	return made
}

func parameterOf(parameter *tree) field {
	schema := parameter.at("schema")
	return field{
		Name: parameter.text("name"), In: parameter.text("in"), Type: typeOf(schema),
		Description: parameter.text("description"), Required: parameter.values["required"] == true, Restrictions: restrictions(schema),
	}
}

func objectOf(name string, schema *tree) object {
	made := object{Name: name, Description: schema.text("description")}
	required := schema.list("required")
	for _, property := range schema.at("properties").members() {
		inner := schema.at("properties", property)
		made.Fields = append(made.Fields, field{
			Name: property, Type: typeOf(inner), Description: inner.text("description"),
			Required: slices.Contains(required, any(property)), Restrictions: restrictions(inner),
		})
	}

	if len(made.Fields) == 0 {
		made.Type, made.Restrictions = typeOf(schema), restrictions(schema)
	} else if examples := schema.list("examples"); len(examples) > 0 {
		if example, err := json.MarshalIndent(examples[0], "", "  "); err == nil {
			made.Example = string(example)
		}
	}

	return made
}

func jsonSchema(of *tree) *tree { return of.at("content", "application/json", "schema") }

// schemaName returns the name of the component that a schema refers to, or "".
func schemaName(schema *tree) string {
	return strings.TrimPrefix(schema.text("$ref"), "#/components/schemas/")
}

// resolve follows a reference within the document.
func resolve(root, node *tree) *tree {
	if path, found := strings.CutPrefix(node.text("$ref"), "#/"); found {
		return root.at(strings.Split(path, "/")...)
	}
	return node
}

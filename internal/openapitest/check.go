package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Exchange is one request with its answer.
type Exchange struct {
	Method      string
	URL         *url.URL
	Header      http.Header
	Body        []byte
	Status      int
	Answered    http.Header
	AnswerBytes []byte
}

// Check says all in which an exchange differs from the document. A request
// must be as documented only where it was taken (2xx).
func (c *Contract) Check(e Exchange) error {
	o, known := c.find(e.Method, e.URL.Path)
	if o == nil {
		return c.checkUndocumented(e, known)
	}

	var problems []error
	if e.Status < 300 {
		problems = append(problems, c.checkParameters(*o, e), c.checkRequestBody(*o, e))
	}

	problems = append(problems, c.checkAnswer(*o, e))
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("%s, answered %d: %w", o, e.Status, err)
	}

	return nil
}

// checkUndocumented wants what the document does not have to be refused.
func (c *Contract) checkUndocumented(e Exchange, known bool) error {
	wanted := http.StatusNotFound
	if known {
		wanted = http.StatusMethodNotAllowed
	}
	if e.Status != wanted && e.Status != http.StatusNotFound {
		return fmt.Errorf("%s %s is not documented, but answered %d", e.Method, e.URL.Path, e.Status)
	}
	return c.checkContent("/components/responses/Problem", e)
}

func (c *Contract) checkParameters(o operation, e Exchange) error {
	query, err := url.ParseQuery(e.URL.RawQuery)
	if err != nil {
		return err
	}

	var problems []error
	for _, pointer := range c.parameters(o) {
		parameter, at := c.node(pointer)
		name, in := text(object(parameter)["name"]), text(object(parameter)["in"])
		values := query[name]
		switch in {
		case "path":
			values = o.pathValues(name, e.URL.Path)
		case "header":
			values = e.Header.Values(name)
		}

		delete(query, name)
		if len(values) == 0 && object(parameter)["required"] == true {
			problems = append(problems, fmt.Errorf("the %s parameter %s is missing", in, name))
		}

		for _, value := range values {
			if err := c.validate(at+"/schema", c.typed(at+"/schema", value)); err != nil {
				problems = append(problems, fmt.Errorf("the %s parameter %s: %w", in, name, err))
			}
		}
	}

	for name := range query {
		problems = append(problems, fmt.Errorf("the query parameter %s was taken but is not documented", name))
	}

	return errors.Join(problems...)
}

// parameters are pointers to those of the path and of the operation.
func (c *Contract) parameters(o operation) (pointers []string) {
	for _, base := range []string{o.item + "/parameters", o.self + "/parameters"} {
		list, at := c.node(base)
		for i := range array(list) {
			_, pointer := c.node(fmt.Sprintf("%s/%d", at, i))
			pointers = append(pointers, pointer)
		}
	}
	return pointers
}

func (o operation) pathValues(name, path string) []string {
	for i, segment := range strings.Split(strings.Trim(path, "/"), "/") {
		if o.segments[i] == "{"+name+"}" {
			return []string{segment}
		}
	}
	return nil
}

// typed reads the text of a parameter or header as its schema's type.
func (c *Contract) typed(schema, value string) any {
	node, _ := c.node(schema)
	switch object(node)["type"] {
	case "integer":
		if _, err := strconv.ParseInt(value, 10, 64); err == nil {
			return json.Number(value)
		}

	case "boolean":
		if value == "true" || value == "false" {
			return value == "true"
		}
	}

	return value
}

func (c *Contract) checkRequestBody(o operation, e Exchange) error {
	body, at := c.node(o.self + "/requestBody")
	if len(bytes.TrimSpace(e.Body)) == 0 {
		if object(body)["required"] == true {
			return errors.New("a body is required, but none was sent")
		}
		return nil
	}

	if body == nil {
		return errors.New("a body was taken, but none is documented")
	}

	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(e.Body))
	if err != nil {
		return err
	}
	if err := c.validate(at+jsonContent, withoutNull(value)); err != nil {
		return fmt.Errorf("the request's body: %w", err)
	}

	return nil
}

const jsonContent = "/content/application~1json/schema"

// withoutNull drops members that are null: in a request null is as good as
// leaving the field out.
func withoutNull(value any) any {
	switch value := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, member := range value {
			if member != nil {
				kept[name] = withoutNull(member)
			}
		}

		return kept

	case []any:
		kept := make([]any, len(value))
		for i, element := range value {
			kept[i] = withoutNull(element)
		}
		return kept
	}

	return value
}

func (c *Contract) checkAnswer(o operation, e Exchange) error {
	response, at := c.node(o.self + "/responses/" + strconv.Itoa(e.Status))
	if response == nil && e.Status >= 400 {
		response, at = c.node(o.self + "/responses/default")
	}
	if response == nil {
		return errors.New("this status is not documented")
	}
	return errors.Join(c.checkHeaders(at, e), c.checkContent(at, e), c.checkCode(o, codeOf(e)))
}

// checkCode wants an operation to list the errors it answers, but for those
// that no operation lists: these come with any.
func (c *Contract) checkCode(o operation, code string) error {
	if c.errors(o)[code] {
		return nil
	}
	for _, other := range c.operations {
		if c.errors(other)[code] {
			return fmt.Errorf("the error %s is not listed here", code)
		}
	}
	return nil
}

// errors are the codes that an operation lists.
func (c *Contract) errors(o operation) map[string]bool {
	listed := map[string]bool{}
	codes, _ := c.node(o.self + "/x-errors")
	for _, code := range array(codes) {
		listed[text(code)] = true
	}
	return listed
}

// codeOf is the code of an answer that is a problem; else it is empty.
func codeOf(e Exchange) string {
	var problem struct{ Code string }
	if e.Status < 400 || json.Unmarshal(e.AnswerBytes, &problem) != nil {
		return ""
	}
	return problem.Code
}

func (c *Contract) checkHeaders(response string, e Exchange) error {
	var problems []error
	headers, _ := c.node(response + "/headers")
	for name := range object(headers) {
		header, at := c.node(response + "/headers/" + escape(name))
		values := e.Answered.Values(name)
		if len(values) == 0 && object(header)["required"] == true {
			problems = append(problems, fmt.Errorf("the header %s is missing", name))
		}

		for _, value := range values {
			if err := c.validate(at+"/schema", c.typed(at+"/schema", value)); err != nil {
				problems = append(problems, fmt.Errorf("the header %s: %w", name, err))
			}
		}
	}

	return errors.Join(problems...)
}

func (c *Contract) checkContent(response string, e Exchange) error {
	if e.Method == http.MethodHead {
		return nil
	}

	content, at := c.node(response + "/content")
	if content == nil {
		if len(e.AnswerBytes) > 0 {
			return errors.New("the answer has a body, but none is documented")
		}
		return nil
	}

	kind, _, err := mime.ParseMediaType(e.Answered.Get("Content-Type"))
	if err != nil || object(content)[kind] == nil {
		return fmt.Errorf("the content type %q is not documented", e.Answered.Get("Content-Type"))
	}

	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(e.AnswerBytes))
	if err != nil {
		return fmt.Errorf("the answer's body: %w", err)
	}
	if err := c.validate(at+"/"+escape(kind)+"/schema", value); err != nil {
		return fmt.Errorf("the answer's body: %w", err)
	}
	if err := noEmptyText(value, ""); err != nil {
		return fmt.Errorf("the answer's body: %w", err)
	}
	if kind == "application/problem+json" {
		return c.checkProblem(object(value), e.Status)
	}

	return nil
}

// noEmptyText wants what is absent in an answer to be null. Metadata are the
// merchant's words, and raw the provider's.
func noEmptyText(value any, at string) error {
	var problems []error
	switch value := value.(type) {
	case string:
		if value == "" {
			return fmt.Errorf("%s is an empty text: what is absent is null", at)
		}

	case []any:
		for i, element := range value {
			problems = append(problems, noEmptyText(element, fmt.Sprintf("%s/%d", at, i)))
		}

	case map[string]any:
		for name, member := range value {
			if name != "metadata" && name != "raw" {
				problems = append(problems, noEmptyText(member, at+"/"+escape(name)))
			}
		}
	}

	return errors.Join(problems...)
}

// checkProblem wants an error's code to come with the status it has in the
// list of codes.
func (c *Contract) checkProblem(problem map[string]any, status int) error {
	if given := fmt.Sprint(problem["status"]); given != strconv.Itoa(status) {
		return fmt.Errorf("the problem says status %s", given)
	}
	codes, _ := c.node("/components/schemas/ErrorCode/oneOf")
	for _, code := range array(codes) {
		if object(code)["const"] == problem["code"] && fmt.Sprint(object(code)["x-status"]) != strconv.Itoa(status) {
			return fmt.Errorf("%v is documented with status %v", problem["code"], object(code)["x-status"])
		}
	}
	return nil
}

// CheckWebhook says all in which a webhook, as posted, differs from the
// document.
func (c *Contract) CheckWebhook(header http.Header, body []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("the webhook's body: %w", err)
	}

	kind := text(object(value)["type"])
	hook := operation{self: "/webhooks/" + escape(kind) + "/post", item: "/webhooks/" + escape(kind)}
	schema, at := c.node(hook.self + "/requestBody" + jsonContent)
	if schema == nil {
		return fmt.Errorf("the event %q is not documented", kind)
	}

	sent := Exchange{URL: &url.URL{}, Header: header}
	if err := errors.Join(c.checkParameters(hook, sent), c.validate(at, value), noEmptyText(value, "")); err != nil {
		return fmt.Errorf("%s: %w", kind, err)
	}

	return nil
}

package openapitest

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

// Exchange is a request with its response.
type Exchange struct {
	Method         string
	URL            *url.URL
	Header         http.Header
	RequestBody    []byte
	Status         int
	ResponseHeader http.Header
	ResponseBody   []byte
}

// Check returns every difference between an exchange and the document, joined.
// The request is checked only when it was accepted (2xx).
func (d *Document) Check(e Exchange) error {
	o, ok := d.find(e.Method, e.URL.Path)
	if o == nil {
		return d.checkUndocumented(e, ok)
	}

	var problems []error
	if e.Status < 300 {
		problems = append(problems, d.checkParameters(*o, e), d.checkRequestBody(*o, e))
	}

	problems = append(problems, d.checkResponse(*o, e))
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("%s responded %d: %w", o, e.Status, err)
	}

	return nil
}

// checkUndocumented requires that a request which the document does not have
// was refused.
func (d *Document) checkUndocumented(e Exchange, known bool) error {
	wanted := http.StatusNotFound
	if known {
		wanted = http.StatusMethodNotAllowed
	}
	if e.Status != wanted && e.Status != http.StatusNotFound {
		return fmt.Errorf("%s %s is not documented, but responded %d", e.Method, e.URL.Path, e.Status)
	}
	return d.checkContent("/components/responses/Problem", e)
}

func (d *Document) checkParameters(o operation, e Exchange) error {
	query, err := url.ParseQuery(e.URL.RawQuery)
	if err != nil {
		return err
	}

	var problems []error
	for _, pointer := range d.parameters(o) {
		parameter, at := d.node(pointer)
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
			if err := d.validate(at+"/schema", d.parseValue(at+"/schema", value)); err != nil {
				problems = append(problems, fmt.Errorf("the %s parameter %s: %w", in, name, err))
			}
		}
	}

	for name := range query {
		problems = append(problems, fmt.Errorf("the query parameter %s was accepted but is not documented", name))
	}

	return errors.Join(problems...)
}

// parameters returns pointers to the parameters of the path and the operation.
func (d *Document) parameters(o operation) (pointers []string) {
	for _, base := range []string{o.item + "/parameters", o.self + "/parameters"} {
		list, at := d.node(base)
		for i := range array(list) {
			_, pointer := d.node(fmt.Sprintf("%s/%d", at, i))
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

// parseValue converts the text of a parameter or header to its schema's type.
func (d *Document) parseValue(schema, value string) any {
	node, _ := d.node(schema)
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

func (d *Document) checkRequestBody(o operation, e Exchange) error {
	body, at := d.node(o.self + "/requestBody")
	if len(bytes.TrimSpace(e.RequestBody)) == 0 {
		if object(body)["required"] == true {
			return errors.New("a body is required, but none was sent")
		}
		return nil
	}

	if body == nil {
		return errors.New("a body was accepted, but none is documented")
	}

	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(e.RequestBody))
	if err != nil {
		return err
	}
	if err := d.validate(at+jsonContent, dropNulls(value)); err != nil {
		return fmt.Errorf("the request body: %w", err)
	}

	return nil
}

const jsonContent = "/content/application~1json/schema"

// dropNulls removes members that are null: in a request, null means the same
// as leaving the field out.
func dropNulls(value any) any {
	switch value := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, member := range value {
			if member != nil {
				kept[name] = dropNulls(member)
			}
		}

		return kept

	case []any:
		kept := make([]any, len(value))
		for i, element := range value {
			kept[i] = dropNulls(element)
		}
		return kept
	}

	return value
}

func (d *Document) checkResponse(o operation, e Exchange) error {
	response, at := d.node(o.self + "/responses/" + strconv.Itoa(e.Status))
	if response == nil && e.Status >= 400 {
		response, at = d.node(o.self + "/responses/default")
	}
	if response == nil {
		return errors.New("this status is not documented")
	}
	return errors.Join(d.checkHeaders(at, e), d.checkContent(at, e), d.checkCode(o, codeOf(e)))
}

// checkCode requires that an operation lists the error code it responded with.
// Codes that no operation lists can come from every operation.
func (d *Document) checkCode(o operation, code string) error {
	if d.errors(o)[code] {
		return nil
	}
	for _, other := range d.operations {
		if d.errors(other)[code] {
			return fmt.Errorf("the error %s is not listed here", code)
		}
	}
	return nil
}

// errors returns the error codes that an operation lists.
func (d *Document) errors(o operation) map[string]bool {
	listed := map[string]bool{}
	codes, _ := d.node(o.self + "/x-errors")
	for _, code := range array(codes) {
		listed[text(code)] = true
	}
	return listed
}

// codeOf returns the code of a problem response, or "".
func codeOf(e Exchange) string {
	var problem struct{ Code string }
	if e.Status < 400 || json.Unmarshal(e.ResponseBody, &problem) != nil {
		return ""
	}
	return problem.Code
}

func (d *Document) checkHeaders(response string, e Exchange) error {
	var problems []error
	headers, _ := d.node(response + "/headers")
	for name := range object(headers) {
		header, at := d.node(response + "/headers/" + escape(name))
		values := e.ResponseHeader.Values(name)
		if len(values) == 0 && object(header)["required"] == true {
			problems = append(problems, fmt.Errorf("the header %s is missing", name))
		}

		for _, value := range values {
			if err := d.validate(at+"/schema", d.parseValue(at+"/schema", value)); err != nil {
				problems = append(problems, fmt.Errorf("the header %s: %w", name, err))
			}
		}
	}

	return errors.Join(problems...)
}

func (d *Document) checkContent(response string, e Exchange) error {
	if e.Method == http.MethodHead {
		return nil
	}

	content, at := d.node(response + "/content")
	if content == nil {
		if len(e.ResponseBody) > 0 {
			return errors.New("the response has a body, but none is documented")
		}
		return nil
	}

	kind, _, err := mime.ParseMediaType(e.ResponseHeader.Get("Content-Type"))
	if err != nil || object(content)[kind] == nil {
		return fmt.Errorf("the content type %q is not documented", e.ResponseHeader.Get("Content-Type"))
	}

	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(e.ResponseBody))
	if err != nil {
		return fmt.Errorf("the response body: %w", err)
	}
	if err := d.validate(at+"/"+escape(kind)+"/schema", value); err != nil {
		return fmt.Errorf("the response body: %w", err)
	}
	if err := checkNoEmptyText(value, ""); err != nil {
		return fmt.Errorf("the response body: %w", err)
	}
	if kind == "application/problem+json" {
		return d.checkProblem(object(value), e.Status)
	}

	return nil
}

// checkNoEmptyText requires that absent values are null, not "". Metadata comes
// from the merchant and raw from the provider, so both are skipped.
func checkNoEmptyText(value any, at string) error {
	var problems []error
	switch value := value.(type) {
	case string:
		if value == "" {
			return fmt.Errorf("%s is an empty string: absent values are null", at)
		}

	case []any:
		for i, element := range value {
			problems = append(problems, checkNoEmptyText(element, fmt.Sprintf("%s/%d", at, i)))
		}

	case map[string]any:
		for name, member := range value {
			if name != "metadata" && name != "raw" {
				problems = append(problems, checkNoEmptyText(member, at+"/"+escape(name)))
			}
		}
	}

	return errors.Join(problems...)
}

// checkProblem requires that an error code has its documented status.
func (d *Document) checkProblem(problem map[string]any, status int) error {
	if given := fmt.Sprint(problem["status"]); given != strconv.Itoa(status) {
		return fmt.Errorf("the problem says status %s", given)
	}
	codes, _ := d.node("/components/schemas/ErrorCode/oneOf")
	for _, code := range array(codes) {
		if object(code)["const"] == problem["code"] && fmt.Sprint(object(code)["x-status"]) != strconv.Itoa(status) {
			return fmt.Errorf("%v is documented with status %v", problem["code"], object(code)["x-status"])
		}
	}
	return nil
}

// CheckWebhook returns every difference between a posted webhook and the
// document, joined.
func (d *Document) CheckWebhook(header http.Header, body []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("the webhook's body: %w", err)
	}

	kind := text(object(value)["type"])
	hook := operation{self: "/webhooks/" + escape(kind) + "/post", item: "/webhooks/" + escape(kind)}
	schema, at := d.node(hook.self + "/requestBody" + jsonContent)
	if schema == nil {
		return fmt.Errorf("the event %q is not documented", kind)
	}

	sent := Exchange{URL: &url.URL{}, Header: header}
	if err := errors.Join(d.checkParameters(hook, sent), d.validate(at, value), checkNoEmptyText(value, "")); err != nil {
		return fmt.Errorf("%s: %w", kind, err)
	}

	return nil
}

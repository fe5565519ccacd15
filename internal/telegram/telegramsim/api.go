package telegramsim

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"slices"
)

// failure is an error of the API.
type failure struct {
	code       int
	text       string
	retryAfter int
	movedTo    int64
}

// parameters are what a call has: texts of a form, or JSON.
type parameters struct {
	values map[string]json.RawMessage
	file   []byte
}

// method is one of the API's.
type method struct {
	parameters []string // all that it takes
	call       func(*Sim, *http.Request, *bot, parameters) (any, *failure)
}

var methods = map[string]method{
	"getMe":               {nil, (*Sim).getMe},
	"getUpdates":          {[]string{"offset", "limit", "timeout", "allowed_updates"}, (*Sim).getUpdates},
	"sendMessage":         {[]string{"chat_id", "text", "link_preview_options", "disable_notification", "reply_markup", "reply_parameters"}, (*Sim).sendMessage},
	"sendPhoto":           {[]string{"chat_id", "photo", "caption", "disable_notification", "reply_markup"}, (*Sim).sendPhoto},
	"editMessageCaption":  {[]string{"chat_id", "message_id", "caption", "reply_markup"}, (*Sim).editMessageCaption},
	"editMessageText":     {[]string{"chat_id", "message_id", "text", "link_preview_options", "reply_markup"}, (*Sim).editMessageText},
	"answerCallbackQuery": {[]string{"callback_query_id", "text", "show_alert"}, (*Sim).answerCallbackQuery},
	"setWebhook":          {[]string{"url", "secret_token", "allowed_updates", "max_connections"}, (*Sim).setWebhook},
	"getWebhookInfo":      {nil, (*Sim).getWebhookInfo},
	"deleteWebhook":       {[]string{"drop_pending_updates"}, (*Sim).deleteWebhook},
}

var tokenPath = regexp.MustCompile(`^/bot([^/]+)/([A-Za-z]+)$`)

// ServeHTTP answers calls of the API, and the pages.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	found := tokenPath.FindStringSubmatch(r.URL.Path)
	if found == nil {
		s.servePage(w, r)
		return
	}

	result, failed := s.answer(r, found[1], found[2])
	if s.loses(found[2]) {
		panic(http.ErrAbortHandler) // ends the connection
	}
	status, body := http.StatusOK, map[string]any{"ok": true, "result": result}
	if failed != nil {
		status, body = failed.code, map[string]any{"ok": false, "error_code": failed.code, "description": failed.text}
		switch {
		case failed.retryAfter > 0:
			body["parameters"] = map[string]any{"retry_after": failed.retryAfter}
		case failed.movedTo != 0:
			body["parameters"] = map[string]any{"migrate_to_chat_id": failed.movedTo}
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (s *Sim) answer(r *http.Request, token, name string) (any, *failure) {
	s.mu.Lock()
	b, ok := s.bots[token]
	s.mu.Unlock()
	if !ok {
		return nil, &failure{code: http.StatusUnauthorized, text: "Unauthorized"}
	}

	m, ok := methods[name]
	if !ok {
		return nil, &failure{code: http.StatusNotFound, text: "Not Found: method not found"}
	}

	given, err := readParameters(r)
	if err == nil {
		for key := range given.values {
			if !slices.Contains(m.parameters, key) {
				err = fmt.Errorf("unknown parameter %q", key)
			}
		}
	}
	if err != nil {
		s.mu.Lock()
		s.bodies++
		s.mu.Unlock()
		return nil, badRequest(err.Error())
	}
	return m.call(s, r, b, given)
}

func badRequest(text string) *failure {
	return &failure{code: http.StatusBadRequest, text: "Bad Request: " + text}
}

func readParameters(r *http.Request) (given parameters, err error) {
	given.values = map[string]json.RawMessage{}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/json":
		return given, json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&given.values)
	case "multipart/form-data":
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			return given, err
		}
		for name, values := range r.MultipartForm.Value {
			given.values[name] = asJSON(name, values[0])
		}
		for name, files := range r.MultipartForm.File {
			file, err := files[0].Open()
			if err != nil {
				return given, err
			}
			if given.file, err = io.ReadAll(file); err != nil {
				return given, err
			}
			given.values[name] = json.RawMessage(`"attach"`)
		}
		return given, nil
	}
	return given, fmt.Errorf("unsupported content type %q", kind)
}

// asJSON is a form's text: a number or an object as it is, else a string. A caption is
// always a text.
func asJSON(name, text string) json.RawMessage {
	if name != "caption" && json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	quoted, _ := json.Marshal(text) // a text can always be written
	return quoted
}

// read reads a parameter into a value and reports whether it is there.
func (p parameters) read(name string, into any) bool {
	text, there := p.values[name]
	return there && json.Unmarshal(text, into) == nil
}

package telegramsim

import (
	"cmp"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// servePage plays the people in the chats.
func (s *Sim) servePage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'")
	chatID, _ := strconv.ParseInt(strings.TrimPrefix(r.URL.Path, "/chats/"), 10, 64) // 0: no chat
	if r.Method == http.MethodPost {
		person := max(chatID, -chatID)
		if pressed := r.FormValue("press"); pressed != "" {
			messageID, _ := strconv.ParseInt(r.FormValue("message"), 10, 64) // 0: no message
			s.Press(chatID, person, messageID, pressed)
		} else {
			s.Say(chatID, person, r.FormValue("text"))
		}
		http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
		return
	}

	if r.URL.Path != "/" && s.Messages(chatID) == nil && !s.has(chatID) {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Execute(w, s.view(chatID))
}

func (s *Sim) has(chatID int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.chats[chatID] != nil
}

// PictureURL has the picture for a page; empty: there is none.
func (m Message) PictureURL() template.URL {
	if m.Picture == nil {
		return ""
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(m.Picture))
}

type view struct {
	Chats []Chat
	Open  *Chat
}

func (s *Sim) view(open int64) (v view) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, chat := range s.chats {
		v.Chats = append(v.Chats, *chat)
	}
	slices.SortFunc(v.Chats, func(a, b Chat) int { return cmp.Compare(a.ID, b.ID) })
	if chat, there := s.chats[open]; there {
		copied := *chat
		v.Open = &copied
	}
	return v
}

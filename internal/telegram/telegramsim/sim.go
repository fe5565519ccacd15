// Package telegramsim is a strict simulator of Telegram's Bot API, as far as
// internal/telegram uses it, with a page that plays the people in its chats. What the real
// API does not take it refuses in the same words; parameters that it does not know, which
// the real one ignores, it refuses too.
package telegramsim

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Telegram's limits.
const (
	PerSecond      = 30 // messages of a bot
	PerGroupMinute = 20 // messages of a bot in a group
)

// Sim is Telegram with some bots, people and groups. It is safe for concurrent use.
type Sim struct {
	now func() time.Time

	mu      sync.Mutex
	bots    map[string]*bot // by token
	chats   map[int64]*Chat
	lastID  int64           // of messages, updates and callbacks
	changed chan struct{}   // closed when there is an update
	pressed map[string]bool // ids of presses of buttons that no bot has answered
	losing  map[string]int  // answers that are lost on their way, by method
	bodies  int             // of requests that were refused for what they are
}

// bot is a bot with what it has not taken yet.
type bot struct {
	id       int64
	username string
	updates  []map[string]any
	polling  int    // numbers the newest poll
	webhook  string // address; empty: updates are polled
	secret   string
	sending  bool      // its updates are sent to its webhook now
	failedAt time.Time // the last delivery; zero: none has failed
	failure  string
	sent     []time.Time // of the last second
}

// Chat is a chat; a person's has the person's id.
type Chat struct {
	ID       int64
	Group    bool
	Title    string
	Member   string // the person who speaks in it
	Messages []Message
	Kicked   bool  // bots may not write
	MovedTo  int64 // the supergroup that it has become; 0: none
	sent     []time.Time
}

// Message is a message in a chat.
type Message struct {
	ID      int64
	At      time.Time
	From    string // a person or a bot
	Own     bool   // of a person
	Text    string // or the caption of a picture
	Picture []byte
	Edited  bool
	Buttons [][]Button
}

// Button is a button under a message.
type Button struct {
	Text string `json:"text"`
	Data string `json:"callback_data"`
}

// New returns Telegram without anything in it. Its ids begin behind those of one that was
// made before.
func New(now func() time.Time) *Sim {
	return &Sim{now: now, bots: map[string]*bot{}, chats: map[int64]*Chat{}, pressed: map[string]bool{}, losing: map[string]int{}, changed: make(chan struct{}), lastID: now().Unix()}
}

// AddBot makes a bot, whose id begins its token.
func (s *Sim) AddBot(token, username string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var id int64
	_, _ = fmt.Sscanf(token, "%d:", &id) // 0 for a token that is none
	s.bots[token] = &bot{id: id, username: username}
}

// RemoveBot revokes a bot's token.
func (s *Sim) RemoveBot(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.bots, token)
}

// AddChat makes a chat: a group when its id is negative, else a person's.
func (s *Sim) AddChat(id int64, title, member string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chats[id] = &Chat{ID: id, Group: id < 0, Title: title, Member: member}
}

// Kick removes all bots from a chat, or lets them in again.
func (s *Sim) Kick(id int64, kicked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chats[id].Kicked = kicked
}

// Upgrade makes a group a supergroup, which has another id.
func (s *Sim) Upgrade(id, to int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.chats[id]
	s.chats[to] = &Chat{ID: to, Group: true, Title: was.Title, Member: was.Member}
	was.MovedTo = to
}

// Say has a person write in a chat; person is their id.
func (s *Sim) Say(chatID, person int64, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	chat, there := s.chats[chatID]
	if !there {
		return
	}
	s.lastID++
	chat.Messages = append(chat.Messages, Message{ID: s.lastID, At: s.now(), From: chat.Member, Own: true, Text: text})
	s.addUpdate(map[string]any{"message": map[string]any{
		"message_id": s.lastID, "date": s.now().Unix(), "chat": chat.json(), "text": text, "from": personOf(person, chat.Member),
	}})
}

// Press has a person press a button of a message; one that it has no more does nothing.
func (s *Sim) Press(chatID, person, messageID int64, data string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	chat, there := s.chats[chatID]
	if !there {
		return
	}
	at := slices.IndexFunc(chat.Messages, func(m Message) bool {
		return m.ID == messageID && slices.ContainsFunc(slices.Concat(m.Buttons...), func(b Button) bool { return b.Data == data })
	})
	if at < 0 {
		return
	}

	s.lastID++
	id := strconv.FormatInt(s.lastID, 10)
	s.pressed[id] = true
	message := chat.Messages[at]
	for _, b := range s.bots {
		if b.username == message.From {
			s.tellOne(b, map[string]any{"callback_query": map[string]any{
				"id": id, "from": personOf(person, chat.Member), "chat_instance": id, "data": data, "message": s.messageJSON(b, chat, message),
			}})
		}
	}
	s.wake()
}

// Delete removes a message from a chat.
func (s *Sim) Delete(chatID, messageID int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	chat := s.chats[chatID]
	chat.Messages = slices.DeleteFunc(chat.Messages, func(m Message) bool { return m.ID == messageID })
}

// addUpdate adds an update to all bots.
func (s *Sim) addUpdate(update map[string]any) {
	for _, b := range s.bots {
		s.tellOne(b, update)
	}
	s.wake()
}

func (s *Sim) tellOne(b *bot, update map[string]any) {
	s.lastID++
	one := map[string]any{"update_id": s.lastID}
	for key, value := range update {
		one[key] = value
	}
	b.updates = append(b.updates, one)
	s.startSending(b)
}

// wake has polls look for updates.
func (s *Sim) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Messages are the messages of a chat so far.
func (s *Sim) Messages(chatID int64) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	if chat, there := s.chats[chatID]; there {
		return slices.Clone(chat.Messages)
	}
	return nil
}

// LoseAnswers has the next calls of a method carried out without an answer.
func (s *Sim) LoseAnswers(method string, count int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.losing[method] = count
}

func (s *Sim) loses(method string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.losing[method] == 0 {
		return false
	}
	s.losing[method]--
	return true
}

// Refused is how many requests had a form that the API does not take.
func (s *Sim) Refused() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bodies
}

func personOf(id int64, name string) map[string]any {
	return map[string]any{"id": id, "is_bot": false, "first_name": name, "language_code": "en"}
}

func (c *Chat) json() map[string]any {
	if c.Group {
		return map[string]any{"id": c.ID, "type": "supergroup", "title": c.Title}
	}
	return map[string]any{"id": c.ID, "type": "private", "first_name": c.Title}
}

func (b *bot) json() map[string]any {
	return map[string]any{"id": b.id, "is_bot": true, "first_name": b.username, "username": b.username}
}

// within returns the times that are not older than some time.
func within(times []time.Time, now time.Time, d time.Duration) []time.Time {
	return slices.DeleteFunc(times, func(at time.Time) bool { return now.Sub(at) >= d })
}

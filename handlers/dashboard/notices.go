package dashboard

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/notices"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

const (
	chatPrefix = "chat_"
	telegramMe = "https://t.me/" // opens a chat with a bot
)

// showNotices shows the bot of the mode and the chats that are notified of payments.
func (s *Server) showNotices(c echo.Context, v viewer) error {
	bot, chats, err := s.notices.Bot(c.Request().Context(), v.merchant.ID, v.mode)
	if err != nil {
		return err
	}

	page := dashboard.NoticesPage{
		Page: s.page(c, v, "notices"), Bot: bot.Username, BotURL: telegramMe + url.PathEscape(bot.Username), Problem: bot.Problem,
		FormURL: v.path("/notices/bot"), Webhook: bot.Webhook, UpdatesURL: v.path("/notices/bot/updates"), UnlinkURL: v.path("/notices/bot/unlink"), NewURL: v.path("/notices/chats/new"),
	}
	for _, chat := range chats {
		view := dashboard.Chat{
			Title: chat.Title, Group: chat.Kind == notices.Group, Language: templates.LanguageName(chat.Locale), Details: chat.Details,
			Stopped: !chat.StoppedAt.IsZero(), Problem: chat.Problem, LinkedAt: templates.FormatTime(v.lang, chat.CreatedAt),
			UnlinkURL: v.path("/notices/chats/" + chat.ID + "/unlink"),
		}
		page.Chats = append(page.Chats, view)
	}
	if page.Mail, err = s.mailSection(c, v); err != nil {
		return err
	}
	setDone(c, &page.Page, "bot_linked", "bot_unlinked", "updates_chosen", "chat_unlinked", "address_asked", "address_removed")
	return render(c, http.StatusOK, dashboard.NoticesOverview(page))
}

func botForm(v viewer) dashboard.Form {
	return dashboard.Form{
		Action: v.path("/notices/bot"), Back: v.path("/notices"), Submit: dashboard.T(v.lang, "settings.check_and_save"),
		Fields: []dashboard.Field{{
			Name: "token", Label: dashboard.T(v.lang, "notices.token"), Kind: dashboard.FieldSecret, Required: true, MaxLength: 100, Hint: dashboard.T(v.lang, "notices.token.hint"),
		}},
	}
}

func (s *Server) showBotForm(c echo.Context, v viewer) error {
	return s.botFormPage(c, v, http.StatusOK, botForm(v))
}

func (s *Server) botFormPage(c echo.Context, v viewer, status int, form dashboard.Form) error {
	return render(c, status, dashboard.WithForm(dashboard.FormPage{Page: s.titled(c, v, "notices", "notices.link_bot"), Form: form}))
}

// linkBot links the bot of a token. The token is never shown again, not even to who has
// just typed it.
func (s *Server) linkBot(c echo.Context, v viewer) error {
	values, err := readForm(c)
	if err != nil {
		return err
	}

	if _, err := s.notices.LinkBot(v.context(c), v.merchant.ID, v.mode, checkout.Secret(values.Get("token"))); err != nil {
		form := botForm(v)
		status, refusal := refused(&form, err)
		if refusal != nil {
			return refusal
		}
		return s.botFormPage(c, v, status, form)
	}
	return redirect(c, v.path("/notices?done=bot_linked"))
}

// chooseUpdates has Telegram send the bot's updates to this server, or has them fetched.
func (s *Server) chooseUpdates(c echo.Context, v viewer) error {
	values, err := readForm(c)
	if err != nil {
		return err
	}
	if err := s.notices.UseWebhook(v.context(c), v.merchant.ID, v.mode, values.Get("webhook") == "yes"); err != nil {
		return err
	}
	return redirect(c, v.path("/notices?done=updates_chosen"))
}

func (s *Server) unlinkBot(c echo.Context, v viewer) error {
	if err := s.notices.UnlinkBot(v.context(c), v.merchant.ID, v.mode); err != nil {
		return err
	}
	return redirect(c, v.path("/notices?done=bot_unlinked"))
}

// languageField is the choice of a language of notices.
func languageField(v viewer) dashboard.Field {
	field := dashboard.Field{Name: "language", Label: dashboard.T(v.lang, "page.language"), Kind: dashboard.FieldSelect, Value: v.lang}
	for _, lang := range templates.Languages {
		field.Options = append(field.Options, dashboard.Option{Value: lang, Text: templates.LanguageName(lang)})
	}
	return field
}

// languageOf is the language that a form has, or the viewer's.
func languageOf(v viewer, values url.Values) string {
	if lang := values.Get("language"); templates.LanguageName(lang) != "" {
		return lang
	}
	return v.lang
}

func chatForm(v viewer) dashboard.Form {
	return dashboard.Form{
		Action: v.path("/notices/chats"), Back: v.path("/notices"), Submit: dashboard.T(v.lang, "notices.make_code"),
		Fields: []dashboard.Field{
			languageField(v),
			{Name: "details", Label: dashboard.T(v.lang, "notices.details"), Kind: dashboard.FieldBox, Hint: dashboard.T(v.lang, "notices.details.hint")},
		},
	}
}

func (s *Server) showChatForm(c echo.Context, v viewer) error {
	return render(c, http.StatusOK, dashboard.WithForm(dashboard.FormPage{Page: s.titled(c, v, "notices", "notices.link_chat"), Form: chatForm(v)}))
}

// newChatCode makes a code that links a chat, and shows it, this once.
func (s *Server) newChatCode(c echo.Context, v viewer) error {
	values, err := readForm(c)
	if err != nil {
		return err
	}

	code := notices.Code{MerchantID: v.merchant.ID, Mode: v.mode, Locale: languageOf(v, values), Details: values.Get("details") == "yes"}

	text, bot, err := s.notices.NewCode(v.context(c), code)
	if err != nil {
		form := chatForm(v)
		status, refusal := refused(&form, err)
		if refusal != nil {
			return refusal
		}
		return render(c, status, dashboard.WithForm(dashboard.FormPage{Page: s.titled(c, v, "notices", "notices.link_chat"), Form: form}))
	}

	address := telegramMe + url.PathEscape(bot.Username)
	return render(c, http.StatusOK, dashboard.ChatCodePage(dashboard.ChatCode{
		Page: s.titled(c, v, "notices", "notices.link_chat"), Bot: bot.Username, Command: "/start " + text.Reveal(), NextURL: v.path("/notices"),
		PersonURL: address + "?start=" + text.Reveal(), GroupURL: address + "?startgroup=" + text.Reveal(),
	}))
}

func (s *Server) unlinkChat(c echo.Context, v viewer) error {
	id, err := request.PathID(c, "chat", chatPrefix)
	if err != nil {
		return err
	}
	if err := s.notices.UnlinkChat(v.context(c), v.merchant.ID, v.mode, id); err != nil {
		return err
	}
	return redirect(c, v.path("/notices?done=chat_unlinked"))
}

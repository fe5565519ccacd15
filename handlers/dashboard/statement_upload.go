package dashboard

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/checkout/statements"
	"rieltime/handlers/internal/failure"
	"rieltime/handlers/internal/request"
	"rieltime/web/templates"
	"rieltime/web/templates/dashboard"
)

const (
	statementsAtOnce = 2               // that are read or imported: each keeps a processor busy
	uploadTime       = 2 * time.Minute // for the whole file, over a slow connection
	importTime       = 5 * time.Minute

	previewedLines = 20
	previewedLeft  = 50
)

var (
	errStatementFile = checkout.Invalidf("file", "statement_missing", "Choose a file: CSV, XLSX, camt.053 or MT940.")
	errStatementSize = checkout.Invalidf("file", "statement_large", "The file may have at most 10 MB. Import a larger one by the command.")
	errImporting     = &checkout.Error{Kind: checkout.KindRateLimited, Code: "imports_running", Detail: "Other statements are being read. Try again in a minute.", RetryAfter: time.Minute}
)

// oneStatement does what reads a statement, unless too many are read.
func (s *Server) oneStatement(do func() error) error {
	select {
	case s.imports <- struct{}{}:
		defer func() { <-s.imports }()
		return do()
	default:
		return errImporting
	}
}

// extendTime gives a request longer than others have. Tests' recorders have no deadlines.
func extendTime(c echo.Context, most time.Duration) error {
	control, until := http.NewResponseController(c.Response()), time.Now().Add(most)
	for _, err := range []error{control.SetReadDeadline(until), control.SetWriteDeadline(until)} {
		if err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
	}
	return nil
}

// uploadStatement keeps a file for its preview.
func (s *Server) uploadStatement(c echo.Context, v viewer) error {
	if err := extendTime(c, uploadTime); err != nil {
		return err
	}
	name, file, err := readStatement(c)
	var upload statements.Upload
	if err == nil {
		upload, err = s.keepUpload(c, v, name, file)
	}

	var wrong *checkout.Error
	if errors.As(err, &wrong) && wrong.Kind == checkout.KindInvalid {
		return s.statementsPage(c, v, http.StatusUnprocessableEntity, wrong.Detail)
	}
	if err != nil {
		return err
	}
	return redirect(c, v.path(uploadRoute+"/"+upload.ID))
}

func (s *Server) keepUpload(c echo.Context, v viewer, name string, file []byte) (upload statements.Upload, err error) {
	err = s.oneStatement(func() error {
		account, err := s.ownAccount(c, v, c.FormValue("account"))
		if err != nil {
			return err
		}
		upload, err = s.statements.KeepUpload(v.context(c), account, name, file)
		return err
	})
	return upload, err
}

// readStatement reads the file of the form.
func readStatement(c echo.Context) (name string, file []byte, err error) {
	header, err := c.FormFile("file")
	if err != nil && failure.Of(err).Status == failure.ErrTooLarge.Status {
		return "", nil, errStatementSize
	}
	if err != nil {
		return "", nil, errStatementFile.WithCause(err)
	}
	defer func() { err = errors.Join(err, c.Request().MultipartForm.RemoveAll()) }()
	if header.Size > statements.MaxUpload {
		return "", nil, errStatementSize
	}

	opened, err := header.Open()
	if err != nil {
		return "", nil, err
	}
	file, err = io.ReadAll(opened)
	return filepath.Base(header.Filename), file, errors.Join(err, opened.Close())
}

// ownUpload loads the upload of the path with its account.
func (s *Server) ownUpload(c echo.Context, v viewer) (statements.Upload, checkout.Account, error) {
	id, err := request.PathID(c, "upload", "bu_")
	if err != nil {
		return statements.Upload{}, checkout.Account{}, err
	}
	upload, err := s.store.BankUpload(c.Request().Context(), v.merchant.ID, v.mode, id)
	if err != nil {
		return upload, checkout.Account{}, err
	}
	account, err := s.ownAccount(c, v, upload.AccountID)
	return upload, account, err
}

func (s *Server) showUpload(c echo.Context, v viewer) error {
	return s.oneStatement(func() error {
		upload, account, err := s.ownUpload(c, v)
		if err != nil {
			return err
		}
		return s.uploadPage(c, v, upload, account, nil, nil)
	})
}

// saveColumns keeps the columns of the form, and shows the file by them.
func (s *Server) saveColumns(c echo.Context, v viewer) error {
	return s.oneStatement(func() error {
		upload, account, err := s.ownUpload(c, v)
		if err != nil {
			return err
		}
		values, err := readForm(c)
		if err != nil {
			return err
		}

		err = s.statements.SaveMap(v.context(c), upload, mapOfForm(values))
		if err != nil {
			return s.uploadPage(c, v, upload, account, values, err)
		}
		return redirect(c, v.path(uploadRoute+"/"+upload.ID+"?done=columns_saved"))
	})
}

// mapOfForm are the columns that a form has chosen.
func mapOfForm(values url.Values) statements.Map {
	m := statements.Map{
		Columns: map[statements.Field]string{}, Dates: statements.DateOrder(values.Get("dates")),
		Currency: checkout.Currency(values.Get("currency")), Sheet: values.Get("sheet"),
	}
	for _, field := range statements.Fields() {
		if column := values.Get("column_" + string(field)); column != "" {
			m.Columns[field] = column
		}
	}
	return m
}

// importUpload imports the file as its preview showed it. It goes on when the browser
// has gone: what is half imported would be of no use to anybody.
func (s *Server) importUpload(c echo.Context, v viewer) error {
	return s.oneStatement(func() error {
		upload, account, err := s.ownUpload(c, v)
		if err != nil {
			return err
		}
		values, err := readForm(c)
		if err != nil {
			return err
		}
		if err := extendTime(c, importTime); err != nil {
			return err
		}

		ctx, cancel := context.WithTimeout(context.WithoutCancel(v.context(c)), importTime)
		defer cancel()
		address := v.path(uploadRoute + "/" + upload.ID)
		defer s.importing.Delete(address)
		result, err := s.statements.ImportUpload(ctx, account, upload, values.Get("map"), func(done, total int) { s.importing.Store(address, importProgress{done, total}) })
		if err != nil {
			return s.uploadPage(c, v, upload, account, nil, err)
		}
		return redirect(c, v.path("/statements/"+result.ID+"?done=statement_imported"))
	})
}

// importProgress is how many lines of an import are stored.
type importProgress struct {
	Done  int `json:"done"`
	Total int `json:"total"` // 0: nothing is known of the import, which another replica may be at
}

// showProgress answers the page of an upload with how far its import is.
func (s *Server) showProgress(c echo.Context, v viewer) error {
	id, err := request.PathID(c, "upload", "bu_")
	if err != nil {
		return err
	}
	progress, _ := s.importing.Load(v.path(uploadRoute + "/" + id))
	known, _ := progress.(importProgress)
	return c.JSON(http.StatusOK, known)
}

// uploadPage shows what would be imported of a file, with the form of its columns. values
// are those of a form that was refused.
func (s *Server) uploadPage(c echo.Context, v viewer, upload statements.Upload, account checkout.Account, values url.Values, wrong error) error {
	file, err := s.statements.ReadUpload(c.Request().Context(), account.ID, upload.File)
	unread := errors.Is(err, statements.ErrNoHeader)
	if err != nil && !unread {
		return checkout.Invalidf("file", "statement_unreadable", "This cannot be read: %s.", err)
	}

	view := dashboard.StatementUpload{
		Page: s.titled(c, v, "statements", "statement.preview"), Account: s.service.ProviderInfo(account.Provider).Name, File: upload.Name,
		ImportURL: v.path(uploadRoute + "/" + upload.ID + "/import"), ProgressURL: v.path(uploadRoute + "/" + upload.ID + "/progress"), BackURL: v.path("/statements"), Map: file.Map.Text(),
	}
	setDone(c, &view.Page, "columns_saved")
	previewLines(v, &view, file.Statement)
	if unread {
		view.Format, view.ImportURL = "", ""
	}

	status := http.StatusOK
	form := columnsForm(v, file, values)
	form.Action = v.path(uploadRoute + "/" + upload.ID + "/columns")
	if wrong != nil {
		if status, err = refused(&form, wrong); err != nil {
			return err
		}
		view.Problem, form.Error = form.Error, ""
	}
	if unread || file.Format.Table() {
		view.Columns = &form
	}
	return render(c, status, dashboard.StatementUploadPage(view))
}

// previewLines shows the first lines, what all of them add up to, and what is left out.
func previewLines(v viewer, view *dashboard.StatementUpload, file statements.Statement) {
	view.Format, view.Lines, view.Bad = string(file.Format), strconv.Itoa(len(file.Lines)), strconv.Itoa(file.Bad())
	view.AnyBad = file.Bad() > 0
	if len(file.Lines) > 0 {
		first, last := file.Days()
		view.Days = daysText(v.lang, first, last)
	}

	in, out := file.Totals()
	for _, currency := range checkout.Currencies() {
		if in[currency] != 0 || out[currency] != 0 {
			view.Totals = append(view.Totals, dashboard.StatementTotal{
				In: templates.FormatAmount(v.lang, string(currency), in[currency]), Out: templates.FormatAmount(v.lang, string(currency), out[currency]),
			})
		}
	}

	for _, line := range file.Lines[:min(len(file.Lines), previewedLines)] {
		view.Rows = append(view.Rows, dashboard.BankLine{
			Row: strconv.Itoa(line.Row), At: lineTime(v.lang, line), Amount: lineAmount(v.lang, line), Reference: line.Reference, Payer: line.Payer, Text: line.Text,
		})
	}
	for _, bad := range []bool{true, false} { // what needs somebody first
		for _, left := range file.Left {
			if left.Reason.Bad() == bad && len(view.Left) < previewedLeft {
				view.Left = append(view.Left, dashboard.LeftRow{
					Row: strconv.Itoa(left.Row), Reason: dashboard.T(v.lang, "statement.left_"+string(left.Reason)), Text: left.Text, Bad: bad,
				})
			}
		}
	}
	if more := len(file.Left) - len(view.Left); more > 0 {
		view.MoreLeft = strconv.Itoa(more)
	}
}

// columnsForm chooses the column of each field.
func columnsForm(v viewer, file statements.File, values url.Values) dashboard.Form {
	t := func(key string) string { return dashboard.T(v.lang, "statement."+key) }
	value := func(name, now string) string {
		if values != nil {
			return values.Get(name)
		}
		return now
	}

	columns := []dashboard.Option{{Text: t("column_none")}}
	for at, name := range file.ColumnNames() {
		columns = append(columns, dashboard.Option{Value: name, Text: strings.TrimSpace(strconv.Itoa(at+1) + " · " + file.Header[at])})
	}

	form := dashboard.Form{Submit: t("columns_save")}
	for _, field := range statements.Fields() {
		name := "column_" + string(field)
		form.Fields = append(form.Fields, dashboard.Field{
			Name: name, Label: t("field_" + string(field)), Kind: dashboard.FieldSelect, Options: columns, Value: value(name, file.Map.Columns[field]),
		})
	}

	orders := []dashboard.Option{{Text: t("dates_guess")}, {Value: string(statements.DayFirst), Text: t("dates_day_first")}, {Value: string(statements.MonthFirst), Text: t("dates_month_first")}}
	form.Fields = append(form.Fields, dashboard.Field{Name: "dates", Label: t("dates"), Kind: dashboard.FieldSelect, Options: orders, Value: value("dates", string(file.Map.Dates))})
	currencies := append([]dashboard.Option{{Text: t("currency_none")}}, currencyOptions()...)
	form.Fields = append(form.Fields, dashboard.Field{Name: "currency", Label: t("currency"), Kind: dashboard.FieldSelect, Options: currencies, Value: value("currency", string(file.Asked.Currency)), Hint: t("currency.hint")})

	if len(file.Sheets) > 1 {
		sheets := []dashboard.Option{{Text: t("sheet_first")}}
		for _, sheet := range file.Sheets {
			sheets = append(sheets, dashboard.Option{Value: sheet, Text: sheet})
		}
		form.Fields = append(form.Fields, dashboard.Field{Name: "sheet", Label: t("sheet"), Kind: dashboard.FieldSelect, Options: sheets, Value: value("sheet", file.Map.Sheet)})
	}
	return form
}

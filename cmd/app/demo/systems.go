package demo

import (
	"bytes"
	"html/template"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// systemsView is what the outside systems hold, as the page shows it.
type systemsView struct {
	Cards []cardView       `json:"cards"`
	Users []subscriberView `json:"users"`
	// Effects are the newest first.
	Effects    []effectView `json:"effects"`
	Priorities []string     `json:"priorities"`
}

// cardView is a page of the customers' database in Notion. Blocks are the last ones of BlockCount.
type cardView struct {
	ID         string   `json:"id"`
	UserID     int64    `json:"user_id"`
	Title      string   `json:"title"`
	URL        string   `json:"url"`
	Username   string   `json:"username,omitempty"`
	Phone      string   `json:"phone,omitempty"`
	Tags       string   `json:"tags"`
	Priority   string   `json:"priority"`
	Archived   bool     `json:"archived"`
	Blocks     []string `json:"blocks"`
	BlockCount int      `json:"block_count"`
}

// subscriberView is a user of the billing system.
type subscriberView struct {
	UserID   int64    `json:"user_id"`
	Balance  string   `json:"balance"`
	Tariff   string   `json:"tariff"`
	Until    string   `json:"until,omitempty"`
	Accounts []string `json:"accounts"`
}

// effectView is something that took effect in the billing system. Repeats counts how often its key
// came again and changed nothing.
type effectView struct {
	Number  int    `json:"number"`
	Date    int64  `json:"date"`
	UserID  int64  `json:"user_id"`
	Text    string `json:"text"`
	Key     string `json:"key"`
	Repeats int    `json:"repeats"`
}

// showSystems brings the page's view of the outside systems up to date.
func (s *Stage) showSystems() {
	s.systems.Lock()
	defer s.systems.Unlock()
	v := systemsView{Cards: s.notion.cards(), Effects: []effectView{}, Priorities: priorities()}
	users, effects := s.billing.ledger.view()
	v.Users, v.Effects = users, append(v.Effects, effects...)
	s.board.setSystems(v)
}

// sealed is for what others have made: it is shown, and does nothing.
const sealed = "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

// file serves a document of the group. HTML is shown in a sandbox, other kinds as plain text or, with
// ?download, all of them as files.
func (s *Stage) file(w http.ResponseWriter, r *http.Request) {
	content, ok := s.tg.File(r.PathValue("id"))
	if !ok {
		refuse(w, http.StatusNotFound, "the file is not kept any more")
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", sealed)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "text/plain; charset=utf-8")
	name := path.Base(r.PathValue("name"))
	if strings.HasSuffix(name, ".html") {
		h.Set("Content-Type", "text/html; charset=utf-8")
	}
	if r.URL.Query().Has("download") {
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	}
	// The connection may be gone; nobody is left to be told.
	_, _ = w.Write(content) //nolint:gosec // the sandbox lets nothing run
}

var billingTemplate = template.Must(template.ParseFS(pageFiles, "page/billing.html"))

// billingPage is the management of a user in the played billing system, to which /admin links.
func (s *Stage) billingPage(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	u, ok := s.billing.ledger.user(id)
	if err != nil || !ok {
		http.NotFound(w, r)
		return
	}
	_, effects := s.billing.ledger.view()
	data := map[string]any{"Brand": brand, "User": u.customer, "Name": u.name(), "Accounts": accountsOf(id)}
	if !u.until.IsZero() {
		data["Until"] = day(u.until)
	}
	var own []effectView
	for _, e := range effects {
		if e.UserID == id {
			own = append(own, e)
		}
	}
	data["Effects"] = own
	var buf bytes.Buffer
	if err := billingTemplate.Execute(&buf, data); err != nil {
		s.log.Error("render the billing page", "error", err)
		http.Error(w, "Internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	// The connection may be gone; nobody is left to be told.
	_, _ = w.Write(buf.Bytes())
}

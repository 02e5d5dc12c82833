package demo

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"net/http"
)

//go:embed page
var pageFiles embed.FS

var pageTemplate = template.Must(template.ParseFS(pageFiles, "page/index.html"))

// tip is one of the things to try.
type tip struct{ Title, Text string }

func tips() []tip {
	return []tip{
		{
			"The customer’s card.",
			"In Emma’s topic, as Olga, send /info. The card arrives as an internal comment; the phone does not show it.",
		},
		{
			"A customer cannot give commands.",
			"Write /info on the phone. It is a customer’s text like any other, and nothing runs. As Guest: a short refusal.",
		},
		{
			"What reaches the customer.",
			"As Max, write a plain answer: the phone shows it, the square turns yellow. “/ note to self” stays in the team.",
		},
		{
			"A system that does not answer.",
			"Send /info in Lukas’s topic: billing hangs for him, which costs one line of the card, not the card.",
		},
		{
			"The Topics API fails.",
			"Switch it off under “Try faults”, wait a quarter of a minute, press Refresh under Emma’s card: it names its age.",
		},
	}
}

func (s *Stage) page(w http.ResponseWriter, _ *http.Request) {
	var buf bytes.Buffer
	data := map[string]any{"Group": groupTitle, "Brand": brand, "Members": len(members()) + 1, "Tips": tips()}
	if err := pageTemplate.Execute(&buf, data); err != nil {
		s.log.Error("render the demo's page", "error", err)
		http.Error(w, "Internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	// The connection may be gone; nobody is left to be told.
	_, _ = w.Write(buf.Bytes())
}

// assets serves the embedded files under /demo/assets/.
func assets() http.Handler {
	sub, err := fs.Sub(pageFiles, "page/assets")
	if err != nil {
		panic(err) // the path is a constant and valid
	}
	files := http.StripPrefix("/demo/assets/", http.FileServerFS(sub))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		files.ServeHTTP(w, r)
	})
}

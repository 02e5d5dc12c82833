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

func (s *Stage) page(w http.ResponseWriter, _ *http.Request) {
	var buf bytes.Buffer
	data := map[string]any{"Group": groupTitle, "Brand": brand, "Members": len(members()) + 1, "Tips": allTips()}
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

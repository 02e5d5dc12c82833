package telegramtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"slices"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"
)

// Upload is a file that came with a multipart call.
type Upload struct {
	Field    string
	FileName string
	MimeType string
	Content  []byte
}

// params are a call's parameters: JSON values with json.Number for numbers.
type params struct {
	values map[string]any
	files  map[string]Upload
}

// readParams collects parameters from the query and from a JSON, urlencoded or multipart body.
func readParams(ctx *fasthttp.RequestCtx, spec *methodSpec) (*params, error) {
	p := &params{values: map[string]any{}}
	var err error
	for k, v := range ctx.QueryArgs().All() {
		err = errors.Join(err, p.addText(spec, string(k), string(v)))
	}
	ctype := string(ctx.Request.Header.ContentType())
	switch {
	case strings.HasPrefix(ctype, "application/json"):
		if body := ctx.PostBody(); len(body) > 0 {
			err = errors.Join(err, p.addJSON(body))
		}
	case strings.HasPrefix(ctype, "multipart/form-data"):
		err = errors.Join(err, p.addForm(ctx, spec))
	default:
		for k, v := range ctx.PostArgs().All() {
			err = errors.Join(err, p.addText(spec, string(k), string(v)))
		}
	}
	return p, err
}

func (p *params) addJSON(body []byte) error {
	v, err := decodeJSON(body)
	if err != nil {
		return errors.New("can't parse JSON object")
	}
	obj, ok := v.(map[string]any)
	if !ok && v != nil { // clients send null for "no parameters"
		return errors.New("can't parse JSON object")
	}
	if ok && len(p.values) == 0 {
		p.values = obj
		return nil
	}
	maps.Copy(p.values, obj)
	return nil
}

func (p *params) addForm(ctx *fasthttp.RequestCtx, spec *methodSpec) error {
	form, err := ctx.MultipartForm()
	if err != nil {
		return errors.New("can't parse multipart form")
	}
	for k, vs := range form.Value {
		if err := p.addText(spec, k, vs[len(vs)-1]); err != nil {
			return err
		}
	}
	p.files = map[string]Upload{}
	for k, fs := range form.File {
		up, err := readUpload(k, fs[len(fs)-1])
		if err != nil {
			return err
		}
		p.files[k] = up
		if f, ok := spec.params[k]; ok && takesFile(f.node) {
			p.values[k] = "attach://" + k
		}
	}
	return p.unusedFiles(spec)
}

// unusedFiles reports parts that neither name a file parameter nor are referred to by attach://.
func (p *params) unusedFiles(spec *methodSpec) error {
	for k := range p.files {
		f, ok := spec.params[k]
		if ok && !takesFile(f.node) {
			return fmt.Errorf("%q does not take a file", k)
		}
		if ok {
			continue
		}
		used := false
		for _, v := range p.values {
			s, _ := v.(string)
			used = used || s == "attach://"+k
		}
		if !used {
			return fmt.Errorf("file part %q is not used", k)
		}
	}
	return nil
}

func takesFile(n *node) bool {
	if n.kind == kindUnion {
		if slices.ContainsFunc(n.alts, takesFile) {
			return true
		}
	}
	return n.kind == kindFile
}

func readUpload(field string, h *multipart.FileHeader) (Upload, error) {
	f, err := h.Open()
	if err != nil {
		return Upload{}, fmt.Errorf("open file part %q: %w", field, err)
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(io.LimitReader(f, maxBody))
	if err != nil {
		return Upload{}, fmt.Errorf("read file part %q: %w", field, err)
	}
	return Upload{Field: field, FileName: h.Filename, MimeType: h.Header.Get("Content-Type"), Content: content}, nil
}

// addText takes a parameter that came as text: scalars by their declared type, the rest as JSON.
func (p *params) addText(spec *methodSpec, name, text string) error {
	f, known := spec.params[name]
	if !known {
		p.values[name] = text // refused later, with its name
		return nil
	}
	switch kind := scalarKind(f.node); kind {
	case kindString, kindFile:
		p.values[name] = text
	case kindInteger:
		if _, err := strconv.ParseInt(text, 10, 64); err == nil {
			p.values[name] = json.Number(text)
			return nil
		}
		p.values[name] = text
	case kindBoolean, kindTrue:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q must be Boolean", name)
		}
		p.values[name] = b
	default:
		v, err := decodeJSON([]byte(text))
		if err != nil {
			return fmt.Errorf("can't parse %q: it must be JSON", name)
		}
		p.values[name] = v
	}
	return nil
}

// scalarKind is the kind under which text is read; "Integer or String" reads as Integer first.
func scalarKind(n *node) nodeKind {
	if n.kind == kindUnion && len(n.alts) > 0 {
		return scalarKind(n.alts[0])
	}
	return n.kind
}

func decodeJSON(b []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if dec.More() {
		return nil, errors.New("more than one JSON value")
	}
	return v, nil
}

func (p *params) has(name string) bool { _, ok := p.values[name]; return ok }

func (p *params) text(name string) string { s, _ := p.values[name].(string); return s }

func (p *params) flag(name string) bool { b, _ := p.values[name].(bool); return b }

func (p *params) int64(name string) int64 {
	n, _ := p.values[name].(json.Number)
	v, _ := strconv.ParseInt(n.String(), 10, 64)
	return v
}

func (p *params) int(name string) int { return int(p.int64(name)) }

// decode fills v from a parameter; it reports whether the parameter was given.
func (p *params) decode(name string, v any) bool {
	val, ok := p.values[name]
	if !ok {
		return false
	}
	raw, err := json.Marshal(val)
	return err == nil && json.Unmarshal(raw, v) == nil
}

func (p *params) strings(name string) []string {
	list, _ := p.values[name].([]any)
	out := make([]string, 0, len(list))
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

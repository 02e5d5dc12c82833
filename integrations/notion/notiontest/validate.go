package notiontest

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode/utf16"
)

// Notion's limits of sizes.
const (
	maxText     = 2000
	maxLink     = 2000
	maxItems    = 100
	maxPhone    = 200
	maxOptions  = 100
	maxChildren = 100
	maxBlocks   = 1000
	maxList     = 100
)

func colors() []string {
	var all []string
	for _, c := range []string{"gray", "brown", "orange", "yellow", "green", "blue", "purple", "pink", "red"} {
		all = append(all, c, c+"_background")
	}
	return append(all, "default", "default_background")
}

func units(s string) int { return len(utf16.Encode([]rune(s))) }

// strict decodes JSON and refuses keys that v does not have.
func strict(raw json.RawMessage, v any) bool {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	return dec.Decode(v) == nil
}

// only refuses keys other than those named.
func only[V any](m map[string]V, keys ...string) *apiError {
	for key := range m {
		if !slices.Contains(keys, key) {
			return invalid("body failed validation: body.%s should be not present.", key)
		}
	}
	return nil
}

type richRequest struct {
	Type string `json:"type"`
	Text *struct {
		Content *string `json:"content"`
		Link    *struct {
			URL string `json:"url"`
		} `json:"link"`
	} `json:"text"`
	Annotations map[string]any `json:"annotations"`
}

// richTexts checks an array of rich texts and gives it as it is answered.
func richTexts(raw json.RawMessage) ([]any, *apiError) {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil || items == nil {
		return nil, invalid("body failed validation: rich_text should be an array.")
	}
	if len(items) > maxItems {
		return nil, invalid("body failed validation: rich_text.length should be ≤ `%d`.", maxItems)
	}
	answer := []any{}
	for _, item := range items {
		var r richRequest
		if !strict(item, &r) || r.Text == nil || r.Text.Content == nil || r.Type != "" && r.Type != "text" {
			return nil, invalid("body failed validation: rich_text[].text should be defined.")
		}
		if n := units(*r.Text.Content); n > maxText {
			return nil, invalid("body failed validation: text.content.length should be ≤ `%d`, instead was `%d`.", maxText, n)
		}
		var link any
		if r.Text.Link != nil {
			if failure := checkLink(r.Text.Link.URL); failure != nil {
				return nil, failure
			}
			link = map[string]any{"url": r.Text.Link.URL}
		}
		if failure := checkAnnotations(r.Annotations); failure != nil {
			return nil, failure
		}
		if *r.Text.Content != "" {
			answer = append(answer, richAnswer(*r.Text.Content, link, r.Annotations))
		}
	}
	return answer, nil
}

func checkLink(address string) *apiError {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || strings.ContainsAny(address, " \n\t") {
		return invalid("Invalid URL for link.")
	}
	if units(address) > maxLink {
		return invalid("body failed validation: link.url.length should be ≤ `%d`.", maxLink)
	}
	return nil
}

func checkAnnotations(annotations map[string]any) *apiError {
	for key, v := range annotations {
		switch key {
		case "bold", "italic", "strikethrough", "underline", "code":
			if _, ok := v.(bool); !ok {
				return invalid("body failed validation: annotations.%s should be a boolean.", key)
			}
		case "color":
			color, ok := v.(string)
			if !ok || !slices.Contains(colors(), color) {
				return invalid("body failed validation: annotations.color is not a color.")
			}
		default:
			return invalid("body failed validation: annotations.%s should be not present.", key)
		}
	}
	return nil
}

// readValue checks the value of a property against its type and gives it as it is kept.
func readValue(col *column, raw json.RawMessage) (any, *apiError) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return nil, invalid("body failed validation: properties.%s should be an object.", col.name)
	}
	if failure := only(fields, "type", "id", col.kind); failure != nil {
		return nil, invalid("%s is expected to be %s.", col.name, col.kind)
	}
	content, ok := fields[col.kind]
	if !ok {
		return nil, invalid("%s is expected to be %s.", col.name, col.kind)
	}
	mismatch := invalid("%s is expected to be %s.", col.name, col.kind)
	switch col.kind {
	case "title", "rich_text":
		return orNil(richTexts(content))
	case "number":
		var n *float64
		if json.Unmarshal(content, &n) != nil {
			return nil, mismatch
		}
		if n == nil {
			return nil, nil
		}
		return json.Number(content), nil
	case "phone_number":
		return readText(content, maxPhone, mismatch)
	case "url":
		return readText(content, maxLink, mismatch)
	case "multi_select":
		return readOptions(content, mismatch)
	case "select", "status":
		return readOption(content, mismatch)
	}
	return nil, invalid("Properties of type %s are not simulated.", col.kind)
}

func orNil(items []any, failure *apiError) (any, *apiError) { return items, failure }

func readText(content json.RawMessage, limit int, mismatch *apiError) (any, *apiError) {
	var text *string
	if json.Unmarshal(content, &text) != nil {
		return nil, mismatch
	}
	if text == nil {
		return nil, nil
	}
	if units(*text) > limit {
		return nil, invalid("body failed validation: the length should be ≤ `%d`.", limit)
	}
	return *text, nil
}

type optionRequest struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color"`
}

func readOption(content json.RawMessage, mismatch *apiError) (any, *apiError) {
	if string(content) == "null" {
		return nil, nil
	}
	var o optionRequest
	if !strict(content, &o) || o.Name == "" && o.ID == "" || strings.Contains(o.Name, ",") {
		return nil, mismatch
	}
	return optionAnswer(o.Name), nil
}

func readOptions(content json.RawMessage, mismatch *apiError) (any, *apiError) {
	var items []json.RawMessage
	if json.Unmarshal(content, &items) != nil {
		return nil, mismatch
	}
	if len(items) > maxOptions {
		return nil, invalid("body failed validation: multi_select.length should be ≤ `%d`.", maxOptions)
	}
	options := []any{}
	for _, item := range items {
		o, failure := readOption(item, mismatch)
		if failure != nil {
			return nil, failure
		}
		options = append(options, o)
	}
	return options, nil
}

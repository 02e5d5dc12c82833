package telegramtest

// ResultMisfit says where a method's result does not fit Bot API 10.2; "" when it does.
func ResultMisfit(method string, raw []byte) string {
	spec, err := loadSpec()
	if err != nil {
		return err.Error()
	}
	v, err := decodeJSON(raw)
	if err != nil {
		return err.Error()
	}
	for _, m := range spec.methods {
		if m.name == method {
			return m.result.misfit(v, "result")
		}
	}
	return "no method " + method
}

// TextRules exposes the text rules to property tests: cleaning, entity checks and trimming.
func TextRules(text string, entities []Entity) (string, []Entity, error) {
	text, bad := cleanText(text)
	if bad != nil {
		return "", nil, bad
	}
	entities, bad = checkEntities(text, entities)
	if bad != nil {
		return "", nil, bad
	}
	text, entities = trimText(text, entities)
	return text, entities, nil
}

// UTF16Len exposes the counting of UTF-16 units.
func UTF16Len(s string) int { return utf16Len(s) }

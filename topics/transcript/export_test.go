package transcript

// Clean shows tests what people read of a text.
func Clean(s string) string { return clean(s) }

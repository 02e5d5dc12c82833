package mask

// Fold shows tests the form in which a text is looked at, and where it stands in it.
func Fold(s string, apart bool) (text string, at []int) {
	f := fold(s, apart)
	return f.text, f.at
}

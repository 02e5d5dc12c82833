package notion

import (
	"strings"
	"testing"
)

func TestAddress(t *testing.T) {
	id := "1f2e3d4c-0000-4000-8000-000000000001"
	own := "https://www.notion.so/1f2e3d4c000040008000000000000001"
	for _, test := range []struct{ url, want string }{
		{"https://www.notion.so/Ann-1f2e", "https://www.notion.so/Ann-1f2e"},
		{"", own},
		{"javascript:alert(1)", own},
		{"https://notion.so/x\n/close@bot", own},
		{"https://notion.so/" + strings.Repeat("x", 1000), own},
		{"https:///nowhere", own},
	} {
		page := pageAnswer{ID: id, URL: test.url}
		if got := page.address(); got != test.want {
			t.Errorf("%.40q: %q, want %q", test.url, got, test.want)
		}
	}
}

package mask_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"topicpilot/topics"
	"topicpilot/topics/mask"
)

// TestMaskWritten: a secret is found in whatever signs it is written.
func TestMaskWritten(t *testing.T) {
	tests := []struct{ text, want string }{
		// digits
		{"٠٦٧١٢٣٤٥٦٧", "[phone]"},
		{"тел +۳۸۰ ۶۷ ۱۲۳ ۴۵ ۶۷!", "тел [phone]!"},
		{"＋３８０６７１２３４５６７", "[phone]"},
		{"４１１１　１１１１　１１１１　１１１１", "[card]"},
		{"𝟎𝟔𝟕𝟏𝟐𝟑𝟒𝟓𝟔𝟕", "[phone]"},
		{"0️⃣6️⃣7️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣ ❤️", "[phone] ❤️"},
		// what is not seen
		{"067\u200b123\u200d45\u200c67", "[phone]"},
		{"слово \u202a+380\u00ad671234567\u202c, ок", "слово \u202a[phone], ок"},
		{"4111\u20601111\ufeff1111\u200b1111", "[card]"},
		{"5\u200b0671234567", "5\u200b[phone]"},
		{"a\u200bnn@ma\u200dil.exa\u00admple", "[email]"},
		{"A\u200dn\u200bn", "[name]"},
		{"ann@caf\u0065\u200d\u0301.example", "[email]"},
		{"Ann\u200bLee", "[name]"},
		{"Ann\u00adouncement", "Ann\u00adouncement"},
		// wide
		{"ａｎｎ＠ｍａｉｌ．ｃｏｍ", "[email]"},
		{"Ａｎｎ и 𝓐𝓷𝓷", "[name] и [name]"},
		// separators
		{"4111/1111/1111/1111", "[card]"},
		{"4111_1111_1111_1111", "[card]"},
		{"4111.1111.1111.1111", "[card]"},
		{"[4111] [1111] [1111] [1111]", "[card]"},
		{"(067) (1234567), (0671234567)", "[phone], ([phone])"},
		{"4111—1111—1111—1111", "[card]"},
		{"4111 1111\n1111 1111", "[card]"},
		{"4111 1111\r\n1111 1111", "[card]"},
		{"3782/822463/10005", "[card]"},
		{"3782.822463.10005", "[card]"},
		{"4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "[card]"},
		{"4 1 1 1 1 1 1 1\n1 1 1 1 1 1 1 1", "[card]"},
		{"41 11 11 11 11 11 11 11", "[card]"},
		{"2026-11-22 4111 1111 1111 1111 12/27", "2026-11-22 [card] 12/27"},
		{"10.0.0.5 4111 1111 1111 1111", "10.0.0.5 [card]"},
		{"067_123_45_67", "[phone]"},
		{"_0671234567_", "_[phone]_"},
		{"067/123/45/67, 067.123.45.67", "[phone], [phone]"},
		{"0 6 7 1 2 3 4 5 6 7", "[phone]"},
		{"[067] 123 45 67", "[phone]"},
		{"067 123\n45 67", "[phone]"},
		{"+380 50\n123 45 67", "[phone]"},
		{"8 (916)\n123-45-67", "[phone]"},
		{"8 (4862) 12.10.25, +7 4862 12.10.25", "[phone], [phone]"},
		{"+380 50.123.45.67", "[phone]"},
		{"212.555.0123, 8.916.123.45.67", "[phone], [phone]"},
		{"22.11.2026 10:15 0671234567", "22.11.2026 10:15 [phone]"},
		{"12:00 067 123 45 67", "12:00 [phone]"},
		{"+380671234567 22.11.2026", "[phone] 22.11.2026"},
		// letters beside
		{"tel0671234567", "tel[phone]"},
		{"Тел067 123 45 67", "Тел[phone]"},
		{"tel_0671234567, tél0671234567", "tel_[phone], tél[phone]"},
		{"card4111111111111111", "card[card]"},
		{"电话0671234567です", "电话[phone]です"},
		{"id2125550123x", "id[phone]x"}, // the customer's own
	}
	for _, tt := range tests {
		if got := masked(tt.text); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

// TestMaskLeaves: what is no secret stays, however much it looks like one.
func TestMaskLeaves(t *testing.T) {
	for _, text := range []string{
		"order 12345", "замовлення №12345, 1 250.00 грн", "1 250 000.50", "700 000 000.50", "1\u00a0250\u202f000",
		"2026-11-22 10:15", "22.11.2026 10:15", "01.02.2026 15:30", "22/11/2026, 22/11/26, 22.11.26",
		"+250.00 22.11.2026", "+250 22.11.26 10:15:30",
		"2026-11-22 2026-11-25", "2026-11-22 - 2026-11-25", "22.11.2026-25.11.2026", "2026-11-22-10-15-30",
		"2026-11-22T10:15:00Z", "10:15-12:30", "from 10:00 to 12:00",
		"192.168.100.200", "10.0.0.1:8080", "8 192.168.10.20", "10.0.0.1 10.0.0.2 10.0.0.3",
		"v10.0.19041.1234", "8.0.19041.5678", "1.2.3", "2.0.50727.8009", "0.501234567", "50.4501234, 30.5234567",
		"N005", "N005-1234567", "SKU0501234567", "IMG_20261122_0501234567", "order_0671234567", "0671234567abc",
		"7 8 9 10 11 12 13", "800 000\n25 000", "01234\n56789", "1111\n4111\n1111\n1111\n2222", "5/7, 3/4", "12/2026/00045",
		"٤٥٦ و ١٢", "t1 m6, 100%", "1️⃣ 2️⃣ 3️⃣",
	} {
		if got := masked(text); got != text {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// TestMaskAccents: a name is found with its accents, put together or not, and without.
func TestMaskAccents(t *testing.T) {
	m := mask.New(&topics.Customer{ID: 5, FirstName: "José", LastName: "Артём", Username: "νίκος"})
	m.Learn(topics.Author{Kind: topics.AuthorOperator, ID: 8, Name: norm.NFD.String("Сергій Nuñez")})
	for text, want := range map[string]string{
		"soy José, JOSE, Jose\u0301.":     "soy [name], [name], [name].",
		"Jose\u0301 Núñez, nuñez":         "[name], [name]",
		"от Арте\u0308ма и Артема":        "от [name] и [name]",
		"Серг\u0301ій, Сергі\u0438\u0306": "[name], [name]",
		"ΝΙΚΟΣ": "[name]",
		"joset, Сергей, мой, мои, Joséphe": "joset, Сергей, мой, мои, Joséphe",
	} {
		if got := m.Text(topics.Plain(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	m = mask.New(&topics.Customer{ID: 5, FirstName: norm.NFD.String("Zoë"), Phone: "٠٦٧١٢٣٤٥٦٧"})
	if got := m.Text(topics.Plain("Zoë 671234567")); got != "[name] [phone]" {
		t.Error(got)
	}
}

// zeros are the digits in which numbers are written: each is followed by its nine others.
var zeros = []rune{'0', '٠', '۰', '०', '０', '𝟎', '𝟬'}

// TestMaskAnyWriting: a phone and a card are found in any digits, with any of the
// separators, with signs that are not seen in between.
func TestMaskAnyWriting(t *testing.T) {
	groups := [][]string{
		{"4111", "1111", "1111", "1111"},
		{"3782", "822463", "10005"},
		strings.Split("4111111111111111", ""),
		{"067", "123", "45", "67"},
		{"+380", "67", "123", "45", "67"},
		strings.Split("0671234567", ""),
	}
	rapid.Check(t, func(t *rapid.T) {
		row := rapid.SampledFrom(groups).Draw(t, "number")
		gap := rapid.SampledFrom([]string{"", " ", ".", "-", "/", "_", " - ", "\u00a0", "–", "—", "\\", "·"}).Draw(t, "gap")
		zero := rapid.SampledFrom(zeros).Draw(t, "digits")
		unseen := rapid.SampledFrom([]string{"", "\u200b", "\u200d", "\u2060", "\u00ad", "\ufe0f", "\u200e"})
		var text strings.Builder
		for _, r := range strings.Join(row, gap) {
			if r >= '0' && r <= '9' {
				r += zero - '0'
			}
			text.WriteRune(r)
			text.WriteString(unseen.Draw(t, "unseen"))
		}
		if got := masked(text.String()); got != "[phone]" && got != "[card]" {
			t.Fatalf("%q: %q", text.String(), got)
		}
	})
}

// plainNumber makes a number that is no secret.
func plainNumber(t *rapid.T) string {
	n := func(from, to int) int { return rapid.IntRange(from, to).Draw(t, "n") }
	gap := func(list ...string) string { return rapid.SampledFrom(list).Draw(t, "gap") }
	switch n(0, 7) {
	case 0:
		return fmt.Sprintf("order %d", n(1, 999_999))
	case 1:
		g := gap(" ", "\u00a0", "\u202f")
		return fmt.Sprintf("%d%s%03d%s%03d.%02d", n(1, 999), g, n(0, 999), g, n(0, 999), n(0, 99))
	case 2:
		g := gap("-", ".", "/")
		return fmt.Sprintf("%d%s%02d%s%02d %02d:%02d", n(1990, 2040), g, n(1, 12), g, n(1, 28), n(0, 23), n(0, 59))
	case 3:
		g := gap("-", ".", "/")
		day := fmt.Sprintf("%02d%s%02d%s%d", n(1, 28), g, n(1, 12), g, n(1990, 2040))
		return fmt.Sprintf("%s %02d:%02d:%02d", day, n(0, 23), n(0, 59), n(0, 59))
	case 4:
		return fmt.Sprintf("%d.%d.%d.%d", n(0, 255), n(0, 255), n(0, 255), n(0, 255))
	case 5:
		return fmt.Sprintf("%d.%d.%d.%d", n(0, 20), n(0, 9), n(0, 99_999), n(0, 9999))
	case 6:
		return fmt.Sprintf("N%03d", n(0, 99_999))
	default:
		return fmt.Sprintf("%d.%02d%%", n(0, 99), n(0, 99))
	}
}

// TestMaskAnyPlain: orders, sums, dates, addresses, versions and accounts stay.
func TestMaskAnyPlain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		between := rapid.SampledFrom([]string{", ", "; ", " и ", " грн\n", ": "})
		var text strings.Builder
		for range rapid.IntRange(1, 6).Draw(t, "numbers") {
			text.WriteString(plainNumber(t) + between.Draw(t, "between"))
		}
		text.WriteString("ok")
		if got := masked(text.String()); got != text.String() {
			t.Fatalf("%q: %q", text.String(), got)
		}
	})
}

// TestMaskAnyBeside: what stands beside a secret stays as it is written.
func TestMaskAnyBeside(t *testing.T) {
	secrets := map[string]string{
		"٠٦٧١٢٣٤٥٦٧": "[phone]", "ann＠mail.example": "[email]", "4111/1111/1111/1111": "[card]", "A\u200dnn": "[name]",
	}
	keys := []string{"٠٦٧١٢٣٤٥٦٧", "ann＠mail.example", "4111/1111/1111/1111", "A\u200dnn"}
	beside := rapid.SampledFrom([]string{
		"cafe\u0301", "слово", "😀", "\u202eх\u202c", "N٠٠٥", "한글", "\u1112\u1161\u11ab", "１ ２",
		"क्षि", "ﷺ", "½ №", "e\u0323\u0301",
	})
	rapid.Check(t, func(t *rapid.T) {
		var text, want []string
		for range rapid.IntRange(1, 6).Draw(t, "parts") {
			word := beside.Draw(t, "beside")
			secret := rapid.SampledFrom(keys).Draw(t, "secret")
			text, want = append(text, word, secret, ";"), append(want, word, secrets[secret], ";")
		}
		if got := masked(strings.Join(text, " ")); got != strings.Join(want, " ") {
			t.Fatalf("%q: %q", text, got)
		}
	})
}

// TestFoldPlaces: a folded text knows of each byte where it comes from.
func TestFoldPlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, apart := rapid.String().Draw(t, "text"), rapid.Bool().Draw(t, "apart")
		got, at := mask.Fold(text, apart)
		if at == nil {
			if got != text {
				t.Fatalf("%q became %q", text, got)
			}
			return
		}
		if len(at) != len(got)+1 || at[len(got)] != len(text) || !slices.IsSorted(at) || at[0] < 0 {
			t.Fatalf("%q: %q %v", text, got, at)
		}
		if again, _ := mask.Fold(got, apart); again != got {
			t.Fatalf("%q, then %q", got, again)
		}
	})
}

// TestFoldDigits: each decimal digit of Unicode is one of ours.
func TestFoldDigits(t *testing.T) {
	next := rune('0')
	for r := range rune(unicode.MaxRune) {
		if !unicode.IsDigit(r) {
			continue
		}
		if got, _ := mask.Fold(string(r), false); got != string(next) {
			t.Fatalf("%U is %q, want %q", r, got, next)
		}
		if next++; next > '9' {
			next = '0'
		}
	}
}

package mask_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"topicpilot/topics/mask"
)

func TestFindKeys(t *testing.T) {
	jwt := "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"
	for text, want := range map[string]string{
		"my key is sk-proj-abcDEF123456_ghi.":                            "my key is [key].",
		"бот 123456789:AAF-abcdefghijklmnopqrstuvwxyz12345 не отвечает":  "бот [key] не отвечает",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw":                         "[key]",
		"ghp_16C7e42F292c6912E7710c838347Ae178B4a, AKIAIOSFODNN7EXAMPLE": "[key], [key]",
		"Authorization: Bearer abc.def-123456":                           "Authorization: Bearer [key]",
		"curl -H 'authorization: bearer " + jwt + "'":                    "curl -H 'authorization: bearer [key]'",
		"jwt: " + jwt: "jwt: [key]",
		"aws wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY 9":                       "aws [key] 9",
		"md5 9e107d9d372bb6826bd81d3542a419d6":                                 "md5 [key]",
		"postgres://root:s3cret@db.example/x":                                  "postgres://root:[key]/x",
		"api_key=\"abcd1234efgh\"; пароль: qwerty12":                           "api_key=\"[key]\"; пароль: [key]",
		"sk\u2010live\u200b_x, sk\u2011abcdefghij1234":                         "sk\u2010live\u200b_x, [key]",
		"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----": "[key]",
		"call +380 67 123 45 67 or mail a@b.example, 4111111111111111":         "call [phone] or mail [email], [card]",
	} {
		if got := mask.Hide(text, ""); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestFindLeaves: what has no mark and looks like words or plain numbers is no key.
func TestFindLeaves(t *testing.T) {
	for _, text := range []string{
		"order 12345 of 22.11.2026 10:15, 1 250 000.50 грн, IP 192.168.100.200, t1 m6",
		"550e8400-e29b-41d4-a716-446655440000", "https://help.example/Articles-2026/How-to-set-up-a-mailbox-in-Outlook-365",
		"sk-learn", "token: expired", "Bearer of bad news", "password: forgotten", "the secret: none",
		"wp-content/uploads/2026/11/IMG20261122", "NullPointerExceptionInConfigurationManagerFactory", "tokens: 800000",
		"Ann Lee from N005", strings.Repeat("a", 60), strings.Repeat("1234567890", 4),
	} {
		if got := mask.Hide(text, ""); got != text {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestPlaceholders(t *testing.T) {
	texts := []string{
		"I am 067 123 45 67, not +380671234567 or 0671234568; A@b.example", "a@b.example wrote; sku_0671234568 is sku",
		"[phone 1] and [Email 2 ] stand here",
	}
	p := mask.NewPlaceholders("+38 067 1234567", texts, []string{"article with [key 1], [card 1b]"})
	want := []string{
		"I am [phone 2], not [phone 2b] or [phone 3]; [email 1]", "[email 1b] wrote; sku_[phone 3] is sku",
		"[phone 1] and [Email 2 ] stand here",
	}
	for i, text := range texts {
		got := p.Mask(text)
		if got != want[i] {
			t.Errorf("%q: %q, want %q", text, got, want[i])
		}
		if back := p.Unmask(got); back != text {
			t.Errorf("%q: %q back", text, back)
		}
	}
	if got := p.Phone(); got != "[phone 2]" {
		t.Errorf("own phone: %q", got)
	}
	answer := "Call [Phone\u00a02], [phone1], [phone 9], [phone 2c] [card 1b] or [key 1]."
	want[0] = "Call 067 123 45 67, [phone1], [phone 9], [phone 2c] [card 1b] or [key 1]."
	if got := p.Unmask(answer); got != want[0] {
		t.Errorf("%q, want %q", got, want[0])
	}
	p = mask.NewPlaceholders("+380671234567", []string{"hello"}, nil)
	if got := p.Unmask(p.Phone()); got != "+380671234567" {
		t.Errorf("own phone alone: %q", got)
	}
	if got := mask.NewPlaceholders("", nil, nil).Phone(); got != "" {
		t.Errorf("no phone: %q", got)
	}
}

// TestPlaceholdersTyped: what a customer has typed as a placeholder is nobody's, whatever unseen
// or wide signs are in it.
func TestPlaceholdersTyped(t *testing.T) {
	for _, typed := range []string{
		"[phone 1]", "[pho\u200bne 1]", "［phone 1］", "［ｐｈｏｎｅ　１］", "[phone\u00a01]", "[PHONE 001]", "[phone\u200b1]",
		"[\u2060phone\u00ad 1b]", "[phone ١]",
	} {
		p := mask.NewPlaceholders("", []string{typed + " is at +380671234567"}, nil)
		if got, want := p.Mask("+380671234567"), "[phone 2]"; got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
		for _, said := range []string{typed, "[phone 1]"} {
			if got := p.Unmask(said); got != said {
				t.Errorf("%q: %q became %q", typed, said, got)
			}
		}
	}
}

// secretText makes a text of secrets in several ways, literal placeholders and anything.
func secretText(t *rapid.T) string {
	part := rapid.OneOf(
		rapid.SampledFrom([]string{
			"+380671234567", "067 123 45 67", "0671234567", "4111 1111 1111 1111", "4111111111111111", "a@b.example",
			"A@B.example", "sk-abcdefghij123456", "123456789:AAF-abcdefghijklmnopqrstuvwxyz12345", "[phone 1]", "[PHONE 2b]",
			"[email 1]", "[card 01]", "[", "]", "[phone ", " 1]", "order 12345", "x", " ", "\u200b", "\n",
		}),
		rapid.String(),
	)
	return strings.Join(rapid.SliceOfN(part, 0, 8).Draw(t, "parts"), rapid.SampledFrom([]string{"", " "}).Draw(t, "gap"))
}

// TestPlaceholdersUndone: masking is undone for any texts, and no secret is left in any.
func TestPlaceholdersUndone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := []string{secretText(t), secretText(t), secretText(t)}
		checkUndone(t, texts, secretText(t))
	})
}

func checkUndone(t interface{ Fatalf(string, ...any) }, texts []string, other string) {
	p := mask.NewPlaceholders("380671234567", texts, []string{other})
	own := p.Phone()
	var secrets []string
	for _, text := range texts {
		for _, s := range mask.Find(text, "380671234567") {
			secrets = append(secrets, text[s.From:s.To])
		}
	}
	for _, text := range texts {
		got := p.Mask(text)
		if back := p.Unmask(got); back != text {
			t.Fatalf("%q became %q", text, back)
		}
		for _, s := range secrets {
			if strings.Contains(got, s) {
				t.Fatalf("%q is left in %q", s, got)
			}
		}
	}
	if strings.Contains(other, own) {
		t.Fatalf("%q is taken", own)
	}
	if got := p.Unmask(other); got != other {
		t.Fatalf("%q became %q", other, got)
	}
}

// FuzzPlaceholders: as TestPlaceholdersUndone, for what the fuzzer thinks of.
func FuzzPlaceholders(f *testing.F) {
	f.Fuzz(func(t *testing.T, first, second, other string) { checkUndone(t, []string{first, second}, other) })
}

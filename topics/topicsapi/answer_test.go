package topicsapi

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"topicpilot/topics"
)

func TestRead(t *testing.T) {
	const head = `{"result":"topic_info","group_id":"2101424779","topic_id":5343,"frontend_type":`
	const user = head + `"private","user_id":1`
	tests := []struct {
		name, body string
		status     int
		want       topics.ResolveReason
	}{
		{"private", user + `}`, 200, ""},
		{"any 2xx", user + `}`, 201, ""},
		{
			"full group id", strings.Replace(user, `"2101424779"`, `"-1002101424779"`, 1) + `}`, 200,
			topics.ReasonUnavailable,
		},
		{"good body, bad status", user + `}`, 500, topics.ReasonUnavailable},
		{"good body, 404", user + `}`, 404, topics.ReasonUnavailable},
		{"no user", head + `"private","user_id":null}`, 200, topics.ReasonUnknownTopic},
		{"user zero", head + `"private","user_id":"0"}`, 200, topics.ReasonUnknownTopic},
		{"user no number", head + `"private","user_id":1.5}`, 200, topics.ReasonUnknownTopic},
		{"user beyond 63 bits", head + `"private","user_id":9223372036854775808}`, 200, topics.ReasonUnknownTopic},
		{"channel without user", head + `"channel"}`, 200, ""},
		{"kind missing", head + `null}`, 200, ""},
		{"no ids", `{"result":"topic_info","frontend_type":"group"}`, 200, topics.ReasonUnavailable},
		{"other group", strings.Replace(user, "2101424779", "2101424778", 1) + `}`, 200, topics.ReasonUnavailable},
		{"result no string", `{"result":{"topic_info":1}}`, 200, topics.ReasonUnavailable},
		{"list", `[` + user + `}]`, 200, topics.ReasonUnavailable},
		{"null", `null`, 200, topics.ReasonUnavailable},
		{"empty object", `{}`, 200, topics.ReasonUnavailable},
		{"words: not found", `{"error":"topic not found"}`, 200, topics.ReasonUnknownTopic},
		{"words: wrong key", `{"error":"wrong api_key"}`, 200, topics.ReasonRefused},
		{"code 401 in 200", `{"code":401,"message":"x"}`, 200, topics.ReasonRefused},
		{"error in 200", `{"error":"boom","result":"error"}`, 200, topics.ReasonUnavailable},
		{"404 of a proxy", `<h1>Not Found</h1>`, 404, topics.ReasonUnavailable},
		{"404 of an address without a workflow", `{"code":404,"message":"The requested webhook ` +
			`\"POST topic_action\" is not registered."}`, 404, topics.ReasonUnavailable},
		{"404 with words", `{"code":404,"message":"topic"}`, 404, topics.ReasonUnknownTopic},
		{"400", `{"message":"bad"}`, 400, topics.ReasonUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, fault := read(answer{status: tt.status, body: []byte(tt.body)}, "2101424779", 5343)
			got := topics.ResolveReason("")
			if fault != nil {
				got = fault.reason
			}
			if got != tt.want {
				t.Fatalf("got %q (%v), want %q", got, fault, tt.want)
			}
		})
	}
}

func TestTexts(t *testing.T) {
	tests := []struct{ name, raw, want string }{
		{"plain", `" Ann "`, "Ann"},
		{"number", `12125550123`, "12125550123"},
		{"null", `null`, ""},
		{"object", `{"a":1}`, ""},
		{"bool", `true`, ""},
		{"lines", `"a\nb\u2028c"`, "a b c"},
		{"controls", `"a\u0000\u001bb\u007f"`, "ab"},
		{"turned writing", `"a\u202egnp.exe\u2066"`, "agnp.exe"},
		{"family emoji stays whole", `"👨‍👩‍👧"`, "👨‍👩‍👧"},
		{"half a surrogate", `"a\ud800b"`, "ab"},
		{"long", `"` + strings.Repeat("ї", 200_000) + `"`, strings.Repeat("ї", 256)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := parse([]byte(`{"x":` + tt.raw + `}`))
			if got := f.text("y", "x"); got != tt.want {
				t.Fatalf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNameIsMadeOfItsParts(t *testing.T) {
	got := parse([]byte(`{"user_id":1,"user_name":null,"first_name":"Ann","user_last_name":"Lee"}`)).customer()
	if got.Name != "Ann Lee" || got.FirstName != "Ann" || got.LastName != "Lee" {
		t.Fatalf("got %+v", got)
	}
}

// Whatever an answer holds: nothing panics, a success is about what was asked and names
// a customer or none, and every text is bounded, valid and without control characters.
func FuzzRead(f *testing.F) {
	f.Add(200, []byte(`{"result":"topic_info","group_id":"2101424779","topic_id":5343,`+
		`"frontend_type":"private","user_id":"987654321","user_name":"John\u0007 Doe","username":"@john"}`))
	f.Add(404, []byte(`{"code":404,"message":"topic not found"}`))
	f.Add(200, []byte(`{"result":"topic_info","group_id":1e3,"topic_id":"5343"`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		info, fault := read(answer{status: status, body: body}, "2101424779", 5343)
		if fault != nil {
			if info != (topics.TopicInfo{}) || fault.reason == "" || len(fault.Error()) > 200 {
				t.Fatalf("%+v %+v", info, fault)
			}
			return
		}
		if status < 200 || status > 299 || info.Private != (info.Customer.ID > 0) {
			t.Fatalf("status %d gave %+v", status, info)
		}
		c := info.Customer
		for _, s := range []string{
			info.Status, info.Title, info.LastDate, info.InstanceName,
			c.Name, c.FirstName, c.LastName, c.Username, c.Phone, c.Language,
		} {
			if utf8.RuneCountInString(s) > maxText || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
				t.Fatalf("text %q", s)
			}
		}
	})
}

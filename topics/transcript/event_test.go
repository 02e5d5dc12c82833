package transcript_test

import (
	"strings"
	"testing"

	"topicpilot/topics"
	"topicpilot/topics/transcript"
)

// TestEvent: Telegram's own lines are told in people's words.
func TestEvent(t *testing.T) {
	tests := []struct{ kind, note, want string }{
		{"topic_created", "🟪 Ann\nLee", "Topic created: 🟪 Ann Lee"},
		{"topic_created", "", "Topic created"},
		{"topic_renamed", "Bob", "Topic renamed: Bob"},
		{"topic_renamed", "", "Topic icon changed"},
		{"topic_closed", "", "Topic closed"},
		{"topic_reopened", "", "Topic reopened"},
		{"migrated_to", "", "The group became a supergroup"},
		{"pinned_message", "", "Message pinned"},
		{"new_chat_members", "", "New group member"},
		{"invite_members", "", "New group member"},
		{"left_chat_member", "", "A member left the group"},
		{"edit_group_title", "Help desk", "Group renamed: Help desk"},
		{"delete_chat_photo", "", "Group photo changed"},
		{"set_messages_ttl", "", "Auto-delete timer changed"},
		{"group_call", "", "Video chat started"},
		{"video_chat_ended", "", "Video chat ended"},
		{"video_chat_scheduled", "", "Video chat scheduled"},
		{"video_chat_participants_invited", "", "Invited to a video chat"},
		{"successful_payment", "", "Payment made"},
		{"gift_upgrade_sent", "", "gift upgrade sent"},
		{"no_such", "a note", "no such: a note"},
		{"", "a note", "a note"},
	}
	for _, tt := range tests {
		if got := transcript.English().Event(topics.Media{Kind: tt.kind, Note: tt.note}); got != tt.want {
			t.Errorf("%s %q: %q, want %q", tt.kind, tt.note, got, tt.want)
		}
	}
}

// TestCustomersName: what the mirror posts for the customer bears the customer's name.
func TestCustomersName(t *testing.T) {
	tests := []struct {
		customer    topics.Customer
		name, shown string
	}{
		{topics.Customer{ID: 7, Name: " Ann Lee ", FirstName: "A", Username: "annlee"}, "Ann Lee", "Ann Lee (customer)"},
		{topics.Customer{ID: 7, FirstName: "Ann"}, "Ann", "Ann (customer)"},
		{topics.Customer{ID: 7, Username: "annlee"}, "", "@annlee (customer)"},
		{topics.Customer{ID: 7}, "", "customer"},
	}
	for _, tt := range tests {
		files := map[transcript.Format]string{}
		for _, format := range transcript.Formats() {
			o := options(format)
			o.Head.Customer = &tt.customer
			files[format] = written(t, said(by(relay, "hello"), by(olga, "yes?")), o)
			if strings.Contains(strings.ToLower(files[format]), "aurora") {
				t.Errorf("%s names the mirror's account:\n%s", format, files[format])
			}
		}
		md := files[transcript.Markdown]
		if !strings.Contains(md, "\n12:03 · "+tt.shown+" · #11\n") || !strings.Contains(md, "Olga Petrova (operator)") {
			t.Errorf("no %q in\n%s", tt.shown, md)
		}
		author := readJSON(t, files[transcript.JSON]).Messages[0].Author
		if author.Kind != "customer" || author.ID != 7 || author.Name != tt.name {
			t.Errorf("%+v", author)
		}
	}
	o := options(transcript.JSON)
	o.Head.Customer = nil
	author := readJSON(t, written(t, said(by(relay, "hello")), o)).Messages[0].Author
	if author.Kind != "customer" || author.ID != relay.ID || author.Name != relay.Name {
		t.Errorf("unknown: %+v", author)
	}
}

// TestMaskMirror: the name of the mirror's account is taken out too, whoever the customer is.
func TestMaskMirror(t *testing.T) {
	o := options(transcript.JSONL)
	o.Mask = true
	got := episodesOf(t, written(t, said(by(relay, "Aurora Relay wrote to Ann Lee: aurora"), by(olga, "ok")), o))
	if text := got[0][0].Content; text != "[name] wrote to [name]: aurora" {
		t.Error(text)
	}
}

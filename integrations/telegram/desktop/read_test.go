package desktop_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"topicpilot/integrations/telegram/desktop"
	"topicpilot/topics"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	groupID = -1002101424779
	mirror  = 5555
	selfID  = 7700000001
)

// transcript is a sink that keeps what it is given, and refuses what is too much.
type transcript struct {
	Messages []topics.Message
	Topics   []topics.TopicChange
	seen     map[int64]bool
	fail     error
}

func (s *transcript) Import(
	_ context.Context, messages []topics.Message, changes []topics.TopicChange,
) (topics.Imported, error) {
	var done topics.Imported
	if s.fail != nil {
		return done, s.fail
	}
	if len(messages) > 1000 {
		return done, errors.New("more than 1000 messages at a time")
	}
	if s.seen == nil {
		s.seen = make(map[int64]bool)
	}
	for _, m := range messages {
		if s.seen[m.ID] {
			done.Known++
			continue
		}
		s.seen[m.ID] = true
		s.Messages = append(s.Messages, m)
		done.Stored++
	}
	s.Topics = append(s.Topics, changes...)
	return done, nil
}

func supportGroup() *topics.Group {
	return &topics.Group{
		ID:        groupID,
		Mirror:    topics.Mirror{Source: topics.SourceAccount, SenderIDs: []int64{mirror}, CommentMark: "/ "},
		Operators: topics.Who{Administrators: true}, Admins: topics.Who{Administrators: true},
	}
}

func options(groups ...*topics.Group) desktop.Options {
	if len(groups) == 0 {
		groups = []*topics.Group{supportGroup()}
	}
	return desktop.Options{Group: topics.NewGroups(groups).Find, SelfID: selfID}
}

func known(ids ...int64) func(context.Context, int64) ([]int64, error) {
	return func(context.Context, int64) ([]int64, error) { return ids, nil }
}

func read(t testing.TB, r io.Reader, opts desktop.Options) (*transcript, desktop.Report, error) {
	t.Helper()
	var got transcript
	report, err := desktop.Read(t.Context(), r, opts, &got)
	return &got, report, err
}

func groupFile(t testing.TB) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/group.json")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// file makes an export of the group with these messages, each written without its braces.
func file(messages ...string) string {
	return `{"name":"Support","type":"private_supergroup","id":2101424779,"messages":[{` +
		strings.Join(messages, `},{`) + `}]}`
}

const topic10 = `"id":10,"type":"service","date_unixtime":"1704189720","action":"topic_created","title":"Ann"`

func message(id, rest string) string {
	return `"id":` + id + `,"type":"message","date_unixtime":"1704189780","from_id":"user5555",` + rest
}

// TestGolden: every field of the format, as the transcript keeps it.
func TestGolden(t *testing.T) {
	opts := options()
	opts.Known = known(7, 8)
	opts.Zone = time.FixedZone("Kyiv", 2*60*60)
	got, report, err := read(t, bytes.NewReader(groupFile(t)), opts)
	if err != nil {
		t.Fatal(err)
	}
	have, err := json.MarshalIndent(struct {
		Report     desktop.Report
		Transcript *transcript
	}{report, got}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "group.golden.json")
	if *update {
		if err := os.WriteFile(golden, append(have, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(bytes.TrimSpace(want)), string(have)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestTwice: what was imported is known the second time.
func TestTwice(t *testing.T) {
	var all transcript
	first, err := desktop.Read(t.Context(), bytes.NewReader(groupFile(t)), options(), &all)
	if err != nil {
		t.Fatal(err)
	}
	stored := len(all.Messages)
	second, err := desktop.Read(t.Context(), bytes.NewReader(groupFile(t)), options(), &all)
	if err != nil {
		t.Fatal(err)
	}
	if len(all.Messages) != stored || second.Imported.Stored != 0 || second.Imported.Known != first.Imported.Stored {
		t.Errorf("first %+v, second %+v", first.Imported, second.Imported)
	}
}

// TestAuthors: who is who is decided by ids and settings.
func TestAuthors(t *testing.T) {
	named := supportGroup()
	named.Operators, named.Admins = topics.Who{IDs: []int64{77}}, topics.Who{IDs: []int64{78}}
	unknown := supportGroup()
	unknown.Mirror.SenderIDs = nil
	unknown.Operators.IDs = []int64{77}
	for _, c := range []struct {
		name  string
		group *topics.Group
		from  string
		want  topics.AuthorKind
	}{
		{"the mirror", supportGroup(), `"user5555"`, topics.AuthorCustomer},
		{"somebody", supportGroup(), `"user901"`, topics.AuthorOperator},
		{"a bare number", supportGroup(), `901`, topics.AuthorOperator},
		{"nobody", supportGroup(), `null`, topics.AuthorStranger},
		{"no number", supportGroup(), `"user"`, topics.AuthorStranger},
		{"not a text", supportGroup(), `{"a":[]}`, topics.AuthorStranger},
		{"ourselves", supportGroup(), `"user7700000001"`, topics.AuthorSelf},
		{"the group", supportGroup(), `"channel2101424779"`, topics.AuthorAnonymous},
		{"a channel", supportGroup(), `"channel1"`, topics.AuthorChannel},
		{"an operator by id", named, `"user77"`, topics.AuthorOperator},
		{"an admin by id", named, `"user78"`, topics.AuthorOperator},
		{"not in the lists", named, `"user79"`, topics.AuthorStranger},
		{"mirror unknown", unknown, `"user79"`, topics.AuthorStranger},
		{"mirror unknown, by id", unknown, `"user77"`, topics.AuthorOperator},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := file(topic10, `"id":11,"type":"message","date_unixtime":"1704189780","from_id":`+c.from+
				`,"reply_to_message_id":10,"text":"hello"`)
			got, _, err := read(t, strings.NewReader(text), options(c.group))
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Messages) != 2 || got.Messages[1].Author.Kind != c.want {
				t.Errorf("%+v, want %s", got.Messages, c.want)
			}
		})
	}
}

// TestReplyOnly: with reply_only, what answers no customer is internal, whoever wrote it.
func TestReplyOnly(t *testing.T) {
	group := supportGroup()
	group.Mirror.ReplyOnly = true
	operator := func(id, reply string) string {
		return `"id":` + id + `,"type":"message","date_unixtime":"1704189780","from_id":"user77","text":"x",` +
			`"reply_to_message_id":` + reply
	}
	got, _, err := read(t, strings.NewReader(file(topic10,
		message("11", `"reply_to_message_id":10,"text":"customer"`),
		operator("12", "10"), operator("13", "11"), operator("14", "13"))), options(group))
	if err != nil {
		t.Fatal(err)
	}
	var kinds []topics.MessageKind
	for _, m := range got.Messages[1:] {
		kinds = append(kinds, m.Kind)
	}
	want := []topics.MessageKind{
		topics.MessageTalk, topics.MessageComment, topics.MessageTalk, topics.MessageComment,
	}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestTopics: a topic is found along the chain of answers, in whatever order the file is.
func TestTopics(t *testing.T) {
	var messages []string
	for _, m := range []struct{ id, reply string }{
		{"100", "10"},
		{"99", "100"},
		{"98", "99"},
		{"97", "98"},
		{"120", "97"},
		{"96", "120"},
		{"200", "1"},
		{"201", "200"},
		{"202", "205"},
		{"205", "205"},
	} {
		messages = append(messages, message(m.id, `"text":"x","reply_to_message_id":`+m.reply))
	}
	got, report, err := read(t, strings.NewReader(file(append([]string{topic10}, messages...)...)), options())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range got.Messages {
		if m.ThreadID != 10 {
			t.Errorf("message %d is in %d", m.ID, m.ThreadID)
		}
	}
	if len(got.Messages) != 7 || report.General != 2 || report.LeftOut != 2 || report.Topics != 1 {
		t.Errorf("%d messages, %+v", len(got.Messages), report)
	}
	if len(got.Topics) != 1 || got.Topics[0].Title != "Ann" || got.Topics[0].Status != topics.TopicStatusOpen {
		t.Errorf("topics %+v", got.Topics)
	}
}

// TestChats: which chat of a file is read, and what is said of the others.
func TestChats(t *testing.T) {
	chat := func(kind, id string) string {
		return `{"name":"N","type":"` + kind + `","id":` + id + `,"messages":[{` + topic10 + `}]}`
	}
	account := `{"about":"x","chats":{"about":"y","list":[` + chat("personal_chat", "2101424779") + `,` +
		chat("private_supergroup", "5") + `,` + chat("public_supergroup", "2101424779") + `]},"left_chats":{"list":[` +
		chat("private_supergroup", "6") + `]}}`
	for _, c := range []struct {
		name, text string
		asked      int64
		read       bool
		want       string
	}{
		{"the only one", chat("private_supergroup", "2101424779"), 0, true, ""},
		{"with its id in the Bot API", chat("private_supergroup", "-1002101424779"), 0, true, ""},
		{"asked for", chat("public_supergroup", "2101424779"), groupID, true, ""},
		{"another asked for", chat("public_supergroup", "2101424779"), -1009, false, "not -1009"},
		{"not in the settings", chat("private_supergroup", "17"), 0, false, "group -1000000000017, which is not in"},
		{"a person", chat("personal_chat", "2101424779"), 0, false, "type personal_chat"},
		{"a channel", chat("private_channel", "2101424779"), 0, false, "type private_channel"},
		{"a basic group", chat("private_group", "2101424779"), 0, false, "type private_group"},
		{"a huge id", chat("private_supergroup", "99999999999999999999"), 0, false, "which no group has"},
		{"account", account, 0, false, "say which group with --group"},
		{"account, asked for", account, groupID, true, ""},
		{"account without it", account, -1009, false, "does not hold group -1009"},
		{"something else", `{"a":1}`, 0, false, "no export of Telegram Desktop"},
		{"keys in another order", `{"messages":[],"id":1,"type":"private_supergroup"}`, 0, false, "come before"},
	} {
		t.Run(c.name, func(t *testing.T) {
			opts := options()
			opts.GroupID = c.asked
			got, report, err := read(t, strings.NewReader(c.text), opts)
			if c.read != (err == nil && len(got.Messages) == 1 && report.Chat.ID == groupID) {
				t.Errorf("%d messages, %+v, %v", len(got.Messages), report, err)
			}
			var wrong *desktop.ChatError
			if c.want != "" && (!errors.As(err, &wrong) || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if strings.HasPrefix(c.name, "account") && wrong != nil && len(wrong.Groups) != 3 {
				t.Errorf("groups %+v", wrong.Groups)
			}
		})
	}
}

// TestFormerID: the settings may still name the group by the id it had.
func TestFormerID(t *testing.T) {
	former := supportGroup()
	former.ID = -123
	groups := topics.NewGroups([]*topics.Group{former})
	groups.Migrate(-123, groupID)
	for _, asked := range []int64{0, -123, groupID} {
		got, report, err := read(t, bytes.NewReader(groupFile(t)), desktop.Options{Group: groups.Find, GroupID: asked})
		if err != nil || len(got.Messages) == 0 || report.Chat.ID != groupID || got.Messages[0].ChatID != groupID {
			t.Errorf("asked for %d: %+v, %v", asked, report, err)
		}
	}
}

// TestErrors of others are passed on, and nothing is imported again.
func TestErrors(t *testing.T) {
	broken := errors.New("the disk is on fire")
	sink := &transcript{fail: broken}
	if _, err := desktop.Read(t.Context(), bytes.NewReader(groupFile(t)), options(), sink); !errors.Is(err, broken) {
		t.Errorf("sink: %v", err)
	}
	raw := groupFile(t)
	got, _, err := read(t, io.MultiReader(bytes.NewReader(raw[:9000]), iotest.ErrReader(broken)), options())
	if !errors.Is(err, broken) || len(got.Messages) == 0 {
		t.Errorf("reader: %d messages, %v", len(got.Messages), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := desktop.Read(ctx, bytes.NewReader(raw), options(), &transcript{}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
}

// TestChopped: how the stream comes makes no difference.
func TestChopped(t *testing.T) {
	raw := groupFile(t)
	want, wantReport, err := read(t, bytes.NewReader(raw), options())
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(1, 300), 1, 50).Draw(rt, "sizes")
		got := &transcript{}
		report, err := desktop.Read(t.Context(), &chopped{raw, sizes, 0}, options(), got)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(want.Messages, got.Messages) + cmp.Diff(wantReport, report); diff != "" {
			rt.Fatal(diff)
		}
	})
}

// chopped gives its bytes in pieces of the given sizes, over and over.
type chopped struct {
	rest  []byte
	sizes []int
	n     int
}

func (c *chopped) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.rest[:min(len(c.rest), c.sizes[c.n%len(c.sizes)])])
	c.rest = c.rest[n:]
	c.n++
	return n, nil
}

// TestCutAnywhere: of a file that ends too early the whole messages are kept, and the
// place is named.
func TestCutAnywhere(t *testing.T) {
	small := []byte(file(topic10, message("11", `"reply_to_message_id":10,"text":["a",{"type":"bold","text":"\u0416\n"}]`),
		message("12", `"reply_to_message_id":11,"poll":{"answers":[{"text":"x"}]},"unknown":[[{"a":-1e5}],null,"\\"]`)))
	cutEvery(t, small, 1)
	cutEvery(t, bytes.TrimSpace(groupFile(t)), 97)
}

func cutEvery(t *testing.T, raw []byte, step int) {
	t.Helper()
	want, _, err := read(t, bytes.NewReader(raw), options())
	if err != nil {
		t.Fatal(err)
	}
	last := 0
	for n := 0; n < len(raw); n += step {
		got, _, err := read(t, bytes.NewReader(raw[:n]), options())
		var format *desktop.FormatError
		if !errors.As(err, &format) || format.Offset != int64(n) {
			t.Fatalf("cut at %d: %v", n, err)
		}
		known := len(got.Messages)
		if known < last || !cmp.Equal(want.Messages[:known], got.Messages, cmpopts.EquateEmpty()) {
			t.Fatalf("cut at %d: no prefix", n)
		}
		last = known
	}
	if step == 1 && last != len(want.Messages) {
		t.Errorf("%d of %d messages before the very end", last, len(want.Messages))
	}
}

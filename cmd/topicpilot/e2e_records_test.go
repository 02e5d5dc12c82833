//go:build e2e

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
)

// TestRecords drives import, export, audit and forget beside a running bot.
func TestRecords(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "topicpilot")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	r := &records{stage: newStage(t), bin: bin}
	r.process = r.run(bin)
	r.thread = r.topic(11, "Ann")
	r.says("Mail me at ann@example.com, the numbat is late")
	r.post(r.thread, "The numbat is in Kyiv")
	r.post(r.thread, "/ numbat comment")
	r.post(r.thread, "/link N005")
	r.answered(r.thread, 1)
	r.imports()
	r.exports()
	r.audits()
	r.forgets()
	r.clean(r.process.out.String())
	for _, word := range []string{"numbat", "ann@example.com", "N005"} {
		if strings.Contains(r.process.out.String(), word) {
			t.Errorf("the log holds %q", word)
		}
	}
}

type records struct {
	*stage
	bin     string
	process *process
	thread  int
}

// says posts a customer's words as the mirror does.
func (r *records) says(text string) {
	r.t.Helper()
	_, err := r.tg.Post(telegramtest.Post{Chat: groupID, Thread: r.thread, From: mirrorID, Text: text})
	r.must(err)
}

// tool runs a subcommand with the bot's settings and expects an exit status.
func (r *records) tool(status int, args ...string) string {
	r.t.Helper()
	got, out := run(r.t, r.bin, nil, append(args, "--config", r.file)...)
	if got != status {
		r.t.Fatalf("%s: exit status %d, want %d:\n%s", args[0], got, status, out)
	}
	r.clean(out)
	return out
}

func (r *records) holds(text string, words ...string) {
	r.t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			r.t.Errorf("no %q in:\n%s", word, text)
		}
	}
}

// asks types a command and gives its answer.
func (r *records) asks(text string) string {
	r.t.Helper()
	n := len(r.ours(r.thread))
	r.post(r.thread, text)
	return r.answered(r.thread, n+1)
}

func (r *records) desktop(name, end string) string {
	r.t.Helper()
	file := filepath.Join(r.t.TempDir(), name)
	r.must(os.WriteFile(file, fmt.Appendf(nil, `{"name":"Support","type":"private_supergroup","id":1234567890,"messages":[
{"id":%[1]d,"type":"service","date_unixtime":"1704189720","action":"topic_created","title":"Ann"},
{"id":70001,"type":"message","date_unixtime":"1704189780","from_id":"user%[2]d","reply_to_message_id":%[1]d,
"text":"the numbat of old"}%[3]s`,
		r.thread, mirrorID, end), 0o600))
	return file
}

func (r *records) imports() {
	r.t.Helper()
	out := r.tool(exitFailed, "import", r.desktop("cut.json", `,{"id":70002,"type":"mess`))
	r.holds(out, "what stands before that place is imported")
	r.holds(r.asks("/find numbats of old"), "the numbat of old")
	r.holds(r.tool(0, "import", r.desktop("result.json", "]}")), "new        0 messages", "known      2 messages")
}

func (r *records) exports() {
	r.t.Helper()
	topic := fmt.Sprintf("--topic=%d/%d", groupID, r.thread)
	var head struct {
		GroupID  int64 `json:"group_id"`
		TopicID  int   `json:"topic_id"`
		Messages []struct {
			Text    string `json:"text"`
			Comment bool   `json:"comment"`
		} `json:"messages"`
	}
	r.must(json.Unmarshal([]byte(r.tool(0, "export", topic, "--format", "json")), &head))
	said := map[string]bool{}
	for _, m := range head.Messages {
		said[m.Text] = m.Comment
	}
	comment, there := said["/ numbat comment"]
	if _, imported := said["the numbat of old"]; head.GroupID != groupID || head.TopicID != r.thread || !imported ||
		!there || !comment || said["The numbat is in Kyiv"] {
		r.t.Errorf("%+v", head)
	}
	file := filepath.Join(r.t.TempDir(), "out.jsonl")
	r.tool(0, "export", topic, "--format", "jsonl", "--mask", "-o", file)
	data, err := os.ReadFile(file)
	r.must(err)
	var episode struct {
		Messages []struct{ Role, Content string }
	}
	r.must(json.Unmarshal(bytes.Split(data, []byte("\n"))[0], &episode))
	if n := len(episode.Messages); n < 2 || episode.Messages[0].Role != "user" || episode.Messages[1].Role != "assistant" {
		r.t.Errorf("%s", data)
	}
	if text := string(data); strings.Contains(text, "ann@example.com") || strings.Contains(text, "comment") {
		r.t.Errorf("not masked, or a comment:\n%s", text)
	}
	for _, format := range []string{"md", "html"} {
		r.holds(r.tool(0, "export", topic, "--format", format), "numbat comment", "Ann")
	}
	r.tool(exitFailed, "export", fmt.Sprintf("--topic=%d/999999", groupID), "--format", "json")
}

func (r *records) audits() {
	r.t.Helper()
	out := r.tool(0, "audit")
	r.holds(out, "link", "Olga", "done")
	if strings.Contains(out, "numbat") {
		r.t.Errorf("customers' words in the audit trail:\n%s", out)
	}
}

func (r *records) forgets() {
	r.t.Helper()
	r.asks("/info")
	var receipt topics.Receipt
	r.must(json.Unmarshal([]byte(r.tool(0, "forget", "--user", "11", "--json")), &receipt))
	if receipt.CustomerID != 11 || receipt.Topics != 1 || receipt.Messages < 5 || receipt.Links != 1 ||
		receipt.Journal == 0 {
		r.t.Errorf("%+v", receipt)
	}
	eventually(r.t, "the bytes are gone", patience/3, func() bool {
		files, err := filepath.Glob(r.db + "*")
		r.must(err)
		for _, file := range files {
			if data, err := os.ReadFile(file); err == nil && bytes.Contains(data, []byte("numbat")) {
				return false
			}
		}
		return true
	})
	r.holds(r.tool(0, "import", r.desktop("again.json", "]}")), "new        0 messages", "forgotten  2 messages")
	r.holds(r.asks("/link"), "has no linked account")
	receipt = topics.Receipt{}
	r.must(json.Unmarshal([]byte(r.tool(0, "forget", "--user", "424242", "--json")), &receipt))
	if receipt.Topics+receipt.Messages+receipt.Journal+receipt.Links+receipt.Runs+receipt.Waiting != 0 {
		r.t.Errorf("unknown: %+v", receipt)
	}
}

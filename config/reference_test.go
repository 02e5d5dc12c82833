package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"topicpilot/config"
)

func TestReferenceIsTheCode(t *testing.T) {
	golden(t, "../docs/settings.md", config.Reference())
}

func TestReferenceIsComplete(t *testing.T) {
	for line := range strings.Lines(config.Reference()) {
		setting := strings.HasPrefix(line, "| `")
		if setting && (strings.HasSuffix(line, "|  |\n") || strings.Contains(line, "|  *No effect")) {
			t.Errorf("no meaning: %s", line)
		}
	}
}

func sampleEnv() []string {
	return []string{
		"TELEGRAM_TOKEN=" + token, "TOPICS_API_TOKEN=x", "INSTANCE_API_KEY=x", "BILLING_TOKEN=x",
		"BILLING_SIGNING_SECRET=whsec_c2VjcmV0", "NOTION_TOKEN=x", "CRM_SIGNING_SECRET=whsec_c2VjcmV0",
	}
}

func TestSampleLoads(t *testing.T) {
	c := load(t, config.Sample, sampleEnv()...)
	if len(c.Groups) != 1 || len(c.Commands) != 1 || len(c.Integrations) != 2 {
		t.Errorf("groups %d, commands %d, integrations %d", len(c.Groups), len(c.Commands), len(c.Integrations))
	}
}

// Every documented setting stands in the sample, so that it cannot fall behind.
func TestSampleNamesEverySection(t *testing.T) {
	for line := range strings.Lines(config.Reference()) {
		section, ok := strings.CutPrefix(line, "## ")
		if ok && !strings.Contains(config.Sample, strings.TrimSpace(section)+":") {
			t.Errorf("the sample lacks %s", section)
		}
	}
}

func TestPrintedSettingsLoadAgain(t *testing.T) {
	c := load(t, config.Sample, sampleEnv()...)
	var first, second strings.Builder
	if err := c.Print(&first); err != nil {
		t.Fatal(err)
	}
	// Hidden secrets are no valid ones; give those that are checked by form.
	text := strings.Replace(first.String(), "token: '***'", "token: '"+token+"'", 1)
	text = strings.ReplaceAll(text, " secret: '***'", " secret: whsec_c2VjcmV0")
	again, err := tryLoad(t, text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if err := again.Print(&second); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first.String(), second.String()); diff != "" {
		t.Errorf("printed settings change (-first +second):\n%s", diff)
	}
}

func TestWarnings(t *testing.T) {
	warned := func(c *config.Config) string {
		var b strings.Builder
		for _, w := range c.Warnings() {
			b.WriteString(w.String() + "\n")
		}
		return b.String()
	}
	quiet := load(t, `
telegram: {token: "`+token+`"}
topics_api: {token: x}
groups: [{id: -1005, mirror: {sender_ids: [1]}, instances: [{instance: "1", api_key: k}]}]
`)
	if got := warned(quiet); got != "" {
		t.Errorf("warnings about a plain set-up:\n%s", got)
	}
	if got := warned(load(t, "telegram: {token: '"+token+"'}\n")); !strings.Contains(got, "topics_api.token: ") ||
		!strings.Contains(got, "groups: ") {
		t.Errorf("bare settings: %s", got)
	}
	all := load(t, config.Sample+"\n", append(sampleEnv(),
		"TOPICPILOT_TELEGRAM__WEBHOOK__URL=https://bot.example/t", "TOPICPILOT_TRANSCRIPT__COMMENTS=false",
		"TOPICPILOT_SERVER__ADMIN_TOKEN=x", "TOPICPILOT_AI__MODEL=m", "TOPICPILOT_GROUPS__0__CUSTOMER_SEND=topic",
		"TOPICPILOT_GROUPS__0__MIRROR__SOURCE=webhook", "TOPICPILOT_GROUPS__0__OPERATORS=5555",
		"TOPICPILOT_GROUPS__1__ID=-1007")...)
	golden(t, "testdata/warnings.txt", warned(all))
}

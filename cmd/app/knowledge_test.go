package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"topicpilot/cmd/app"
	"topicpilot/config"
	"topicpilot/integrations/openai/openaitest"
	"topicpilot/topics"
)

// aiSettings are those of a team that has a single article.
func aiSettings(t *testing.T, ai string) config.AI {
	t.Helper()
	folder := t.TempDir()
	article := "# Refunds\n\nYou get your money back within 14 days.\n"
	if err := os.WriteFile(filepath.Join(folder, "refunds.md"), []byte(article), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "bot.yml")
	settings := `
telegram: {token: "123456789:AAtoken-of-the-tests-000000000000000"}
groups: [{id: -1002101424779, instances: [{instance: "1", api_key: k}], mirror: {sender_ids: [5555]}}]
ai: {knowledge: ["` + folder + `"]` + ai + `}
`
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return cfg.AI
}

func TestAdvisorOfSettings(t *testing.T) {
	server := openaitest.ForTest(t, openaitest.Options{})
	at := `, base_url: "` + server.URL() + `", api_key: ` + server.Key()
	for name, test := range map[string]struct {
		ai       string
		answers  bool
		calls    bool
		vectors  int
		requests int
	}{
		"no model":       {at, false, false, 0, 0},
		"a model":        {at + ", model: " + openaitest.DefaultModel, true, true, 0, 0},
		"vectors alone":  {at + ", embedding_model: " + openaitest.DefaultEmbeddingModel, false, true, 1, 1},
		"both of a kind": {at + ", model: a, embedding_model: " + openaitest.DefaultEmbeddingModel, true, true, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			before := server.Count()[openaitest.RouteEmbeddings]
			advisor, err := app.NewAdvisor(aiSettings(t, test.ai), app.AdvisorOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer advisor.Close()
			report, err := advisor.Read(t.Context())
			if err != nil || report.Chunks != 1 || report.Vectors != test.vectors || len(report.Problems) > 0 {
				t.Errorf("got %+v, %v", report, err)
			}
			if (advisor.Advice != nil) != test.answers || (advisor.Meter != nil) != test.calls ||
				(advisor.Client != nil) != test.calls {
				t.Errorf("got %+v", advisor)
			}
			if got := server.Count()[openaitest.RouteEmbeddings] - before; got != test.requests {
				t.Errorf("%d requests for vectors, want %d", got, test.requests)
			}
			hits, err := advisor.Knowledge.Search(t.Context(), topics.KnowledgeQuery{Text: "money back", Limit: 1})
			if err != nil || len(hits) != 1 || hits[0].File != "refunds.md" {
				t.Errorf("got %v, %v", hits, err)
			}
		})
	}
}

// TestVectorsThatFail looks that a tool is told, with neither key nor article.
func TestVectorsThatFail(t *testing.T) {
	server := openaitest.ForTest(t, openaitest.Options{})
	ai := aiSettings(t, `, base_url: "`+server.URL()+`", api_key: sk-wrong-key-of-the-tests, embedding_model: any`)
	advisor, err := app.NewAdvisor(ai, app.AdvisorOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer advisor.Close()
	report, err := advisor.Read(t.Context())
	if err == nil || report.Chunks != 1 || report.Vectors != 0 {
		t.Fatalf("got %+v, %v", report, err)
	}
	for _, secret := range []string{"sk-wrong", "money"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error shows %q: %v", secret, err)
		}
	}
}

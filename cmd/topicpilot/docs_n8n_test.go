package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"topicpilot/config"
)

// n8nFlow is what the tests look at in a flow of docs/n8n.
type n8nFlow struct {
	Nodes []struct {
		Name, Type, OnError string
		Parameters          struct {
			Path, ResponseMode, Authentication string
			Options                            struct {
				RawBody      bool
				ResponseCode int
			}
		}
		Credentials map[string]map[string]string
	}
	Connections map[string]struct {
		Main [][]struct{ Node string }
	}
}

// TestN8NSettings: the settings that the page shows are right, and call the flow beside it.
func TestN8NSettings(t *testing.T) {
	page := readDoc(t, "docs/n8n.md")
	_, rest, _ := strings.Cut(page, "```yaml\n")
	block, _, _ := strings.Cut(rest, "```")
	file := filepath.Join(t.TempDir(), "topicpilot.yml")
	settings := "telegram: {token: \"123456789:AAtoken-of-the-tests-000000000000000\"}\n" +
		"groups: [{id: -1001234567890, mirror: {source: none}}]\n" + block
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(file, []string{"N8N_TOKEN=a-token-of-the-tests"})
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.Commands) != 1 {
		t.Fatalf("%d commands", len(cfg.Commands))
	}
	request := cfg.Commands[0].Request
	if got := request.Headers["Authorization"].Reveal(); got != "Bearer a-token-of-the-tests" {
		t.Errorf("Authorization: %q", got)
	}
	for name, url := range map[string]string{"activate.json": request.URL.Reveal(), "activate-signed.json": page} {
		hook := readFlow(t, name).Nodes[0]
		if path := "/webhook/" + hook.Parameters.Path; hook.Type != "n8n-nodes-base.webhook" || !strings.Contains(url, path) {
			t.Errorf("%s: the page does not call %s", name, path)
		}
	}
}

// TestN8NFlows: the flows protect themselves, hold no secret and answer in each case with
// a status that says how it went.
func TestN8NFlows(t *testing.T) {
	for name, codes := range map[string][]int{
		"activate.json":        {200, 200, 422, 500},
		"activate-signed.json": {200, 200, 401, 422, 500},
	} {
		flow := readFlow(t, name)
		var got []int
		for _, node := range flow.Nodes {
			for kind, credential := range node.Credentials {
				if len(credential) != 2 || credential["id"] == "" || credential["name"] == "" {
					t.Errorf("%s: %s: credential %s holds more than its id and name", name, node.Name, kind)
				}
			}
			switch node.Type {
			case "n8n-nodes-base.webhook":
				open := node.Parameters.Authentication != "headerAuth" && !node.Parameters.Options.RawBody
				if open || node.Parameters.ResponseMode != "responseNode" {
					t.Errorf("%s: the webhook is open, or does not wait for the flow's answer", name)
				}
			case "n8n-nodes-base.respondToWebhook":
				got = append(got, node.Parameters.Options.ResponseCode)
			case "n8n-nodes-base.set":
				outputs := flow.Connections[node.Name].Main
				if node.OnError != "continueErrorOutput" || len(outputs) != 2 || outputs[1][0].Node != "Not sure" {
					t.Errorf("%s: a failure of %q would be answered with an empty 200", name, node.Name)
				}
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, codes) {
			t.Errorf("%s answers with %v, want %v", name, got, codes)
		}
	}
}

func readFlow(t *testing.T, name string) n8nFlow {
	t.Helper()
	var flow n8nFlow
	if err := json.Unmarshal([]byte(readDoc(t, "docs/n8n/"+name)), &flow); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if len(flow.Nodes) == 0 {
		t.Fatalf("%s: no nodes", name)
	}
	return flow
}

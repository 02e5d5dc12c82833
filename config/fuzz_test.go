package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"topicpilot/config"
)

// FuzzLoad feeds anything as file and as one variable: no panic, every error is
// Problems on single lines, and a secret in the environment stays out of errors
// and of the printed settings.
func FuzzLoad(f *testing.F) {
	rules, err := filepath.Glob("testdata/rules/*.yml")
	if err != nil {
		f.Fatal(err)
	}
	for _, rule := range rules {
		data, err := os.ReadFile(rule)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data), "TOPICPILOT_LOG__LEVEL", "debug")
	}
	f.Add(config.Sample, "TOPICPILOT_GROUPS__0__MIRROR__SENDER_IDS", "1,2")
	const secret = "Zq7~canary~7qZ"
	f.Fuzz(func(t *testing.T, text, name, value string) {
		if strings.ContainsAny(name, "=\x00") || strings.Contains(text+name+value, "canary") {
			t.Skip()
		}
		path := filepath.Join(t.TempDir(), "f.yml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		env := append(sampleEnv(), "TOPICPILOT_TELEGRAM__TOKEN="+secret, "TOPICS_API_TOKEN="+secret, name+"="+value)
		_, err := config.Load(path, env)
		var problems config.Problems
		if err == nil || !errors.As(err, &problems) {
			t.Fatalf("want Problems for a wrong token, have %T %v", err, err)
		}
		if strings.Contains(err.Error(), "canary") {
			t.Errorf("the error shows the secret: %v", err)
		}
		for _, p := range problems {
			if strings.ContainsAny(p.Message, "\n\r") {
				t.Errorf("more than one line: %q", p.Message)
			}
		}
	})
}

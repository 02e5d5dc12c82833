package demo_test

import (
	"testing"
	"time"

	"topicpilot/cmd/app/demo"
)

// start puts up a stage for one test.
func start(t *testing.T) *demo.Stage {
	t.Helper()
	s := demo.New(demo.Options{Now: time.Now})
	if err := s.Start(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

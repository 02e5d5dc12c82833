package app

import (
	"testing"

	"topicpilot/config"
	"topicpilot/topics"
)

func TestOwnCommandsOf(t *testing.T) {
	specs, err := ownCommandsOf([]config.Command{{
		Name: "activate", Usage: "<tariff>", Help: "Switch on", Role: "admin", Confirm: true,
		Args:    []config.Arg{{Name: "tariff", Match: `t1|t10`}, {Name: "note", Optional: true}},
		Request: config.Request{URL: config.NewURL("https://billing.example/")}, Reply: "ok", TellCustomer: "done",
		Check: config.Check{Request: config.Request{URL: config.NewURL("https://billing.example/x")}, Done: "true"},
	}, {Name: "plain", Role: "operator"}})
	if err != nil {
		t.Fatal(err)
	}
	spec := specs[0]
	if spec.Name != "activate" || spec.Usage != "<tariff>" || spec.Help != "Switch on" ||
		spec.Role != topics.RoleAdmin || !spec.Confirm || spec.Reply != "ok" || spec.TellCustomer != "done" {
		t.Errorf("got %+v", spec)
	}
	if spec.Check == nil || spec.Check.Done != "true" || spec.Request.Method != "GET" {
		t.Errorf("requests: %+v", spec)
	}
	for _, word := range []string{"t1", "t10"} {
		if got := spec.Args[0].Match.FindString(word); got != word {
			t.Errorf("%s: matched %q, want the whole word", word, got)
		}
	}
	if spec.Args[0].Match.MatchString("t100") || spec.Args[1].Match != nil || !spec.Args[1].Optional {
		t.Errorf("args: %+v", spec.Args)
	}
	if specs[1].Check != nil || specs[1].Role != topics.RoleOperator {
		t.Errorf("plain: %+v", specs[1])
	}
	if _, err := ownCommandsOf([]config.Command{{Args: []config.Arg{{Match: "("}}}}); err == nil {
		t.Error("a wrong expression passes")
	}
}

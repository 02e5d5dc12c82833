package notion_test

import (
	"strings"
	"testing"
	"time"

	"topicpilot/integrations"
	"topicpilot/integrations/notion"
	"topicpilot/integrations/notion/notiontest"
)

// TestCheck: each slip of the setting up is told with its remedy.
func TestCheck(t *testing.T) {
	for name, test := range map[string]struct {
		arrange func(s *stage)
		change  func(*notion.Options)
		status  integrations.Status
		// wants must stand in text and remedy of the last finding.
		wants []string
	}{
		"well": {status: integrations.OK, wants: []string{`"Telegram ID"`}},
		"not shared": {
			arrange: func(s *stage) { s.server.SetShared(s.database, false) },
			status:  integrations.Fault, wants: []string{"not shared", "Connections", "integrations[0].database_id"},
		},
		"another data source": {
			change: func(o *notion.Options) { o.DataSourceID = "11111111-1111-4111-8111-111111111111" },
			status: integrations.Fault, wants: []string{"data source", "integrations[0].data_source_id"},
		},
		"wrong token": {
			change: func(o *notion.Options) { o.Token = token("ntn_wrong") },
			status: integrations.Fault, wants: []string{"refuses the token", "integrations[0].token"},
		},
		"no rights": {
			arrange: func(s *stage) { s.server.Fail("*", notiontest.Fault{Status: 403, Times: -1}) },
			status:  integrations.Fault, wants: []string{"may not", "capabilities"},
		},
		"no property for the id": {
			arrange: func(s *stage) { s.server.SetProperty(s.source, "Telegram ID", "") },
			status:  integrations.Fault,
			wants:   []string{"no property", "add it as Number", "integrations[0].properties.user_id"},
		},
		"the id of another type": {
			arrange: func(s *stage) { s.server.SetProperty(s.source, "Telegram ID", "checkbox") },
			status:  integrations.Fault, wants: []string{"type checkbox, not Number or Text or Title"},
		},
		"no phone": {
			arrange: func(s *stage) { s.server.SetProperty(s.source, "Phone", "") },
			status:  integrations.Warning, wants: []string{
				`"Phone"`, "left out", `integrations[0].properties.phone`, `or to ""`,
			},
		},
		"tags of another type": {
			arrange: func(s *stage) { s.server.SetProperty(s.source, "Tags", "select") },
			status:  integrations.Warning, wants: []string{"of type Select, not Multi-select"},
		},
		"another title": {
			change: func(o *notion.Options) { o.Properties.Name = "Title" },
			status: integrations.Warning, wants: []string{"integrations[0].properties.name", "title property"},
		},
		"limited": {
			arrange: func(s *stage) { s.server.Fail("*", notiontest.Fault{Status: 429, RetryAfter: 9, Times: -1}) },
			status:  integrations.Warning, wants: []string{"9s"},
		},
		"down": {
			arrange: func(s *stage) { s.server.Close() },
			status:  integrations.Fault, wants: []string{"cannot be reached", "api_url"},
		},
		"another server": {
			arrange: func(s *stage) { s.server.Fail("*", notiontest.Fault{Garbage: "<html>", Times: -1}) },
			status:  integrations.Fault, wants: []string{"no usable answer", "api_url"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, notiontest.Options{})
			if test.arrange != nil {
				test.arrange(s)
			}
			change := func(o *notion.Options) { o.Timeout = 5 * time.Second }
			if test.change != nil {
				change = test.change
			}
			findings := s.newClient(t, change).Check(t.Context())
			last := findings[len(findings)-1]
			if last.Status != test.status || (last.Remedy == "") != (test.status == integrations.OK) {
				t.Errorf("%+v", findings)
			}
			for _, want := range test.wants {
				if !strings.Contains(last.Text+" "+last.Remedy, want) {
					t.Errorf("no %q in %+v", want, last)
				}
			}
		})
	}
}

// TestSeveralSources: with several data sources one has to be chosen, and choosing it helps.
func TestSeveralSources(t *testing.T) {
	s := newStage(t, notiontest.Options{})
	db, sources := s.server.AddDatabase("Two", notiontest.Customers(), notiontest.Source{Name: "Leads"})
	findings := s.newClient(t, func(o *notion.Options) { o.DatabaseID = db }).Check(t.Context())
	if len(findings) != 1 || findings[0].Status != integrations.Fault {
		t.Fatalf("%+v", findings)
	}
	for _, want := range []string{"Customers", "Leads", sources[0], sources[1]} {
		if !strings.Contains(findings[0].Text, want) {
			t.Errorf("no %q in %+v", want, findings)
		}
	}
	if !strings.Contains(findings[0].Remedy, "integrations[0].data_source_id") {
		t.Errorf("%+v", findings)
	}
	chosen := s.newClient(t, func(o *notion.Options) { o.DatabaseID, o.DataSourceID = db, sources[0] })
	if findings := chosen.Check(t.Context()); findings[0].Status != integrations.OK {
		t.Errorf("%+v", findings)
	}
	db, _ = s.server.AddDatabase("None")
	findings = s.newClient(t, func(o *notion.Options) { o.DatabaseID = db }).Check(t.Context())
	if findings[0].Code != "data_source" || findings[0].Status != integrations.Fault {
		t.Errorf("%+v", findings)
	}
}

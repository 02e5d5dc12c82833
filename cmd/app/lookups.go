package app

import (
	"topicpilot/commands"
	"topicpilot/config"
	"topicpilot/topics/store"
)

// sectionsOf makes the lines that /info shows below who the customer is.
func (a *App) sectionsOf(lookups []config.Lookup) ([]commands.InfoSection, error) {
	if len(lookups) == 0 {
		return nil, nil
	}
	specs := make([]commands.LookupSpec, len(lookups))
	for i, lookup := range lookups {
		specs[i] = commands.LookupSpec{Name: lookup.Name, Request: requestOf(lookup.Request), Show: lookup.Show}
	}
	a.caller = commands.NewCaller(nil)
	section, err := commands.NewLookups(specs, commands.LookupOptions{Caller: a.caller, Log: a.Log})
	if err != nil {
		return nil, err
	}
	return []commands.InfoSection{{Name: "lookups", Section: section}}, nil
}

func requestOf(r config.Request) commands.RequestSpec {
	spec := commands.RequestSpec{
		Method: r.Verb(), URL: r.URL.Reveal(), Headers: make(map[string]string, len(r.Headers)), Timeout: r.Timeout,
	}
	for name, value := range r.Headers {
		spec.Headers[name] = value.Reveal()
	}
	if r.JSON.IsSet() {
		spec.JSON = r.JSON.Value()
	}
	if r.Secret.IsSet() {
		spec.Secret = r.Secret
	}
	return spec
}

func retentionOf(keep config.Retention) store.Retention {
	return store.Retention{Journal: keep.Journal, Messages: keep.Messages}
}

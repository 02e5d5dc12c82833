package app

import (
	"topicpilot/commands"
	"topicpilot/config"
	"topicpilot/topics/store"
)

// lookupsOf makes the lines of /info that outside systems give; nil for none.
func lookupsOf(list []config.Lookup, opts commands.LookupOptions) (*commands.Lookups, error) {
	if len(list) == 0 {
		return nil, nil
	}
	specs := make([]commands.LookupSpec, len(list))
	for i, lookup := range list {
		specs[i] = commands.LookupSpec{Name: lookup.Name, Request: requestOf(lookup.Request), Show: lookup.Show}
	}
	return commands.NewLookups(specs, opts)
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

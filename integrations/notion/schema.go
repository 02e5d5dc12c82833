package notion

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"topicpilot/integrations"
)

// schema is what Check found: where cards go, and which of the properties can be used.
type schema struct {
	dataSource string
	userID     property
	title      property
	username   property
	phone      property
	tags       property
	priority   property
	findings   []integrations.Finding
}

// property is one column of the database; the zero value is left out.
type property struct {
	name string
	id   string
	kind string
}

func (p property) used() bool { return p.name != "" }

// shown are the ids of the properties that we read, which keeps answers small.
func (s *schema) shown() url.Values {
	query := url.Values{}
	for _, p := range []property{s.userID, s.username, s.phone, s.tags, s.priority} {
		if p.used() && p.id != "" && !slices.Contains(query["filter_properties"], p.id) {
			query.Add("filter_properties", p.id)
		}
	}
	return query
}

type databaseAnswer struct {
	Object      string      `json:"object"`
	DataSources []sourceRef `json:"data_sources"`
}

func (a *databaseAnswer) complete() bool {
	return isObject(a.Object, "database") && a.DataSources != nil
}

type sourceRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type sourceAnswer struct {
	Object     string `json:"object"`
	ID         string `json:"id"`
	Properties map[string]struct {
		ID   string `json:"id"`
		Type string `json:"type"`
	} `json:"properties"`
}

func (a *sourceAnswer) complete() bool {
	return isObject(a.Object, "data_source") && a.Properties != nil
}

// schema gives what is known of the database, and reads it where nothing is known. Only one
// caller reads at a time.
func (c *Client) schema(ctx context.Context) (*schema, error) {
	if known := c.cached(); known != nil {
		return known, nil
	}
	select {
	case c.loading <- struct{}{}:
		defer func() { <-c.loading }()
	case <-ctx.Done():
		return nil, &Error{Kind: KindUnreachable, Op: "read schema", Err: ctx.Err()}
	}
	if known := c.cached(); known != nil {
		return known, nil
	}
	loaded, err := c.load(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.known = loaded
	c.mu.Unlock()
	for _, finding := range loaded.findings {
		c.log.Warn("a property of the Notion database is left out", "integration", c.opt.ID,
			"finding", finding.Text, "remedy", finding.Remedy)
	}
	return loaded, nil
}

func (c *Client) cached() *schema {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known
}

// forget makes the next call read the schema anew: the database may have been changed.
func (c *Client) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known = nil
}

// load reads data source and properties.
func (c *Client) load(ctx context.Context) (*schema, error) {
	id := c.opt.DataSourceID
	if id == "" {
		var db databaseAnswer
		err := c.do(ctx, request{
			op: "read database", method: http.MethodGet, path: "/databases/" + url.PathEscape(c.opt.DatabaseID),
		}, &db)
		if err != nil {
			return nil, err
		}
		if len(db.DataSources) != 1 {
			return nil, c.schemaError(c.whichSource(db.DataSources))
		}
		id = db.DataSources[0].ID
	}
	var source sourceAnswer
	err := c.do(ctx, request{
		op: "read data source", method: http.MethodGet, path: "/data_sources/" + url.PathEscape(id),
	}, &source)
	if err != nil {
		return nil, err
	}
	s := &schema{dataSource: id}
	c.match(s, &source)
	for _, finding := range s.findings {
		if finding.Status == integrations.Fault {
			return nil, c.schemaError(s.findings...)
		}
	}
	return s, nil
}

func (c *Client) schemaError(findings ...integrations.Finding) error {
	return &Error{Kind: KindSchema, Op: "read schema", Findings: findings}
}

// match looks for each property of the settings. Only the one that finds cards must be
// there; others are left out of cards where they do not fit.
func (c *Client) match(s *schema, source *sourceAnswer) {
	names := c.opt.Properties
	for _, want := range []struct {
		to      *property
		setting string
		name    string
		kinds   []string
	}{
		{&s.userID, "user_id", names.UserID, []string{"number", "rich_text", "title"}},
		{&s.title, "name", names.Name, []string{"title"}},
		{&s.username, "username", names.Username, []string{"rich_text"}},
		{&s.phone, "phone", names.Phone, []string{"phone_number", "rich_text"}},
		{&s.tags, "tags", names.Tags, []string{"multi_select"}},
		{&s.priority, "priority", names.Priority, []string{"select", "status"}},
	} {
		if want.name == "" {
			continue
		}
		found, ok := source.Properties[want.name]
		if ok && slices.Contains(want.kinds, found.Type) {
			*want.to = property{name: want.name, id: found.ID, kind: found.Type}
			continue
		}
		kind := ""
		if ok {
			kind = found.Type
		}
		s.findings = append(s.findings, c.misfit(want.setting, want.name, kind, want.kinds))
	}
}

package notion

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"topicpilot/integrations"
	"topicpilot/topics"
)

// Check asks Notion whether database and properties are as the settings say. It changes
// nothing there. What it read is kept for the calls that follow.
func (c *Client) Check(ctx context.Context) []integrations.Finding {
	c.forget()
	s, err := c.schema(ctx)
	if err != nil {
		return c.Explain(err)
	}
	return append([]integrations.Finding{{
		Status: integrations.OK, Code: "database", Text: "the database is shared with us, cards are found by " +
			quoteName(s.userID.name),
	}}, s.findings...)
}

// Explain makes findings of an error of Upsert or Check: what is wrong with the settings, the
// connection or the database, and what to do. There is at least one.
func (c *Client) Explain(err error) []integrations.Finding {
	one := func(status integrations.Status, code, text, remedy string) []integrations.Finding {
		return []integrations.Finding{{Status: status, Code: code, Text: text, Remedy: remedy}}
	}
	if wait, ok := errors.AsType[*topics.Wait](err); ok {
		return one(integrations.Warning, "limit", fmt.Sprintf("Notion asks for a pause of %s", wait.After), "try again then")
	}
	refusal, ok := errors.AsType[*Error](err)
	if !ok {
		return one(integrations.Fault, "api", "Notion cannot be asked: "+err.Error(), "try again")
	}
	switch refusal.Kind {
	case KindConflict:
		return one(integrations.Warning, "api", "Notion was busy with the same page", "try again")
	case KindSchema:
		return refusal.Findings
	case KindLimited:
		pause := fmt.Sprintf("Notion asks for a pause of %s", refusal.After)
		return one(integrations.Warning, "limit", pause, "try again then")
	case KindToken:
		return one(integrations.Fault, "token", "Notion refuses the token",
			"set "+c.opt.Setting+".token to the one that Notion shows for the connection (Settings → Connections)")
	case KindRights:
		return one(integrations.Fault, "rights", "the connection may not do this",
			"give it the capabilities to read, insert and update content (Notion: the connection's settings)")
	case KindNotFound, KindInvalid:
		return []integrations.Finding{c.notShared()}
	case KindUnreadable:
		return one(integrations.Fault, "api", "no usable answer: "+refusal.Error(),
			"check that "+c.opt.Setting+".api_url is Notion's, and what stands in between")
	}
	return one(integrations.Fault, "api", "Notion cannot be reached: "+refusal.Error(),
		"check the network, a firewall in between and "+c.opt.Setting+".api_url; cards are kept once it answers")
}

func (c *Client) notShared() integrations.Finding {
	key, id := "database_id", c.opt.DatabaseID
	what := "database"
	if c.opt.DataSourceID != "" {
		key, id, what = "data_source_id", c.opt.DataSourceID, "data source"
	}
	return integrations.Finding{
		Status: integrations.Fault, Code: strings.ReplaceAll(what, " ", "_"),
		Text: fmt.Sprintf("the %s %s is not found, or not shared with the connection", what, id),
		Remedy: fmt.Sprintf("open the database in Notion, ••• → Connections, add the connection; "+
			"check %s.%s (from the database's link)", c.opt.Setting, key),
	}
}

// whichSource tells that there is no single data source.
func (c *Client) whichSource(sources []sourceRef) integrations.Finding {
	if len(sources) == 0 {
		return integrations.Finding{
			Status: integrations.Fault, Code: "data_source", Text: "the database has no data source that we may see",
			Remedy: "add one in Notion, or share it with the connection",
		}
	}
	var list []string
	for i, source := range sources {
		if i == 10 {
			list = append(list, "…")
			break
		}
		list = append(list, quoteName(source.Name)+" "+source.ID)
	}
	return integrations.Finding{
		Status: integrations.Fault, Code: "data_source",
		Text:   fmt.Sprintf("the database has %d data sources: %s", len(sources), strings.Join(list, ", ")),
		Remedy: "set " + c.opt.Setting + ".data_source_id to the id of the one that cards go to",
	}
}

// typeNames are the kinds of property as Notion's own pages call them.
var typeNames = map[string]string{
	"number": "Number", "rich_text": "Text", "title": "Title", "phone_number": "Phone",
	"multi_select": "Multi-select", "select": "Select", "status": "Status",
}

// misfit tells that a property is missing (kind "") or of another type.
func (c *Client) misfit(setting, name, kind string, want []string) integrations.Finding {
	var names []string
	for _, w := range want {
		names = append(names, typeNames[w])
	}
	types := strings.Join(names, " or ")
	f := integrations.Finding{
		Status: integrations.Warning, Code: "property",
		Text: fmt.Sprintf("the database has no property %s; it is left out of cards", quoteName(name)),
		Remedy: fmt.Sprintf("add it as %s, or set %s.properties.%s to the name it has, or to \"\"",
			types, c.opt.Setting, setting),
	}
	if kind != "" {
		shown, ok := typeNames[kind]
		if !ok {
			shown = kind
		}
		f.Text = fmt.Sprintf("property %s is of type %s, not %s; it is left out of cards", quoteName(name), shown, types)
		f.Remedy = fmt.Sprintf("change its type, or set %s.properties.%s to another property, or to \"\"",
			c.opt.Setting, setting)
	}
	switch {
	case slices.Contains(want, "number"): // cards are found by it
		f.Status = integrations.Fault
		f.Text = strings.TrimSuffix(f.Text, "; it is left out of cards") + "; cards cannot be found without it"
		f.Remedy = strings.TrimSuffix(f.Remedy, `, or to ""`)
	case setting == "name" && kind == "":
		f.Remedy = fmt.Sprintf("set %s.properties.name to the name of the database's title property, or to \"\"",
			c.opt.Setting)
	}
	return f
}

// quoteName shows a name of Notion's on one line.
func quoteName(name string) string { return fmt.Sprintf("%q", cut(name, 100)) }

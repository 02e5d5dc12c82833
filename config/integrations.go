package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Integration is one outside system: its type, its id (unique, default: the
// type) and the keys of that type, to be decoded by the vendor's own package.
type Integration struct {
	Type   string
	ID     string
	Config Raw
}

// Notion are the keys of an integration of type notion.
type Notion struct {
	Token        Secret           `koanf:"token"`
	APIURL       URL              `koanf:"api_url" default:"https://api.notion.com"`
	DatabaseID   string           `koanf:"database_id"`
	DataSourceID string           `koanf:"data_source_id"`
	Transcript   string           `koanf:"transcript" default:"card" enum:"card|page"`
	Properties   NotionProperties `koanf:"properties"`
}

// NotionProperties maps what we know to the names of the database's properties;
// an empty name leaves the property out.
type NotionProperties struct {
	UserID   string `koanf:"user_id" default:"Telegram ID"`
	Name     string `koanf:"name" default:"Name"`
	Username string `koanf:"username" default:"Username"`
	Phone    string `koanf:"phone" default:"Phone"`
	Tags     string `koanf:"tags" default:"Tags"`
	Priority string `koanf:"priority" default:"Priority"`
}

// EventHook are the keys of an integration of type webhook.
type EventHook struct {
	URL       URL           `koanf:"url" path:"secret"`
	Secret    Secret        `koanf:"secret"`
	Events    []string      `koanf:"events" default:"message.*,topic.*,command.*"`
	Order     string        `koanf:"order" default:"topic" enum:"topic|all|none"`
	Guarantee string        `koanf:"guarantee" default:"many" enum:"many|once"`
	Keep      time.Duration `koanf:"keep" default:"24h" min:"1m"`
}

// integrationType is what the settings know of one type: the keys it accepts
// and what is checked beyond them.
type integrationType struct {
	name  string
	keys  reflect.Type
	check func(c *checker, path string, keys any)
}

// integrationTypes is the list of known types; a new one is one line here.
func integrationTypes() []integrationType {
	return []integrationType{
		{"notion", reflect.TypeFor[Notion](), checkNotion},
		{"webhook", reflect.TypeFor[EventHook](), checkEventHook},
	}
}

func findIntegration(name string) (integrationType, bool) {
	all := integrationTypes()
	if i := slices.IndexFunc(all, func(t integrationType) bool { return t.name == name }); i >= 0 {
		return all[i], true
	}
	return integrationType{}, false
}

// decodeNode splits `type` and `id` from the keys of the type. The keys are
// checked when the whole settings are, by the same decoder.
func (i *Integration) decodeNode(d *decoder, path string, node any) {
	m, ok := d.section(path, node)
	if !ok {
		return
	}
	rest := make(map[string]any, len(m))
	for key, value := range m {
		switch key {
		case "type":
			d.value(join(path, key), value, reflect.ValueOf(&i.Type).Elem(), options{})
		case "id":
			d.value(join(path, key), value, reflect.ValueOf(&i.ID).Elem(), options{})
		default:
			rest[key] = value
		}
	}
	if i.ID == "" {
		i.ID = i.Type
	}
	i.Config = Raw{node: rest, path: path}
}

func (c *checker) integrations(list []Integration) {
	seen := map[string]int{}
	var names []string
	for _, t := range integrationTypes() {
		names = append(names, t.name)
	}
	for n, it := range list {
		path := fmt.Sprintf("integrations[%d]", n)
		t, known := findIntegration(it.Type)
		switch {
		case it.Type == "":
			c.add(path+".type", "is missing; must be one of "+orList(names))
		case !known:
			c.add(path+".type", "is not a known type"+didYouMean(it.Type, names)+"; must be one of "+orList(names))
		default:
			keys := reflect.New(t.keys)
			it.Config.decode(&c.decoder, keys)
			t.check(c, path, keys.Interface())
		}
		if it.ID != "" && !idPattern.MatchString(it.ID) {
			c.add(path+".id", "must be 1–64 of a–z, 0–9, _ and -")
		}
		if first, twice := seen[it.ID]; twice && it.ID != "" {
			c.add(path+".id", fmt.Sprintf("is the same as that of integrations[%d]; give each its own", first))
		} else {
			seen[it.ID] = n
		}
	}
}

func checkNotion(c *checker, path string, keys any) {
	k := keys.(*Notion)
	c.required(path+".token", string(k.Token), "the token of the Notion integration (Notion: Settings → Connections)")
	c.httpURL(path+".api_url", k.APIURL)
	if k.DatabaseID == "" && k.DataSourceID == "" {
		c.add(path+".database_id", "is missing; set the id of the database the cards go to (from its link)")
	}
	for key, id := range map[string]string{"database_id": k.DatabaseID, "data_source_id": k.DataSourceID} {
		if id != "" && !notionIDPattern.MatchString(id) {
			c.add(join(path, key), "is not an id; copy the 32 letters and digits from the database's link")
		}
	}
	c.required(path+".properties.user_id", k.Properties.UserID,
		"the property that holds the Telegram id; cards are found by it")
}

// eventTypes are the events that leave through a webhook.
func eventTypes() []string {
	return []string{
		"topic.created", "topic.closed", "topic.reopened", "topic.renamed", "topic.lost",
		"message.received", "message.sent", "message.edited", "message.comment",
		"command.done", "command.failed", "customer.linked", "customer.unlinked",
		"draft.created", "draft.sent", "draft.edited", "draft.dismissed",
		"claim.taken", "claim.released", "rating.given",
	}
}

func checkEventHook(c *checker, path string, keys any) {
	k := keys.(*EventHook)
	if c.required(path+".url", k.URL.Reveal(), "the address the events are posted to") {
		c.httpURL(path+".url", k.URL)
	}
	c.signingSecret(path+".secret", k.Secret)
	for i, pattern := range k.Events {
		if !matchesAnyEvent(pattern) {
			c.add(fmt.Sprintf("%s.events[%d]", path, i), "matches no event"+didYouMean(pattern, eventTypes())+
				`; write a type as "message.received", all of a kind as "message.*", or "*"`)
		}
	}
	if len(k.Events) == 0 {
		c.add(path+".events", `is empty; name the events to send, or "*" for all`)
	}
}

// EventMatches tells whether a pattern of `events` (`*`, `message.*`,
// `message.received`) means the event type.
func EventMatches(pattern, event string) bool {
	if kind, ok := strings.CutSuffix(pattern, "*"); ok && (kind == "" || strings.HasSuffix(kind, ".")) {
		return strings.HasPrefix(event, kind)
	}
	return pattern == event
}

func matchesAnyEvent(pattern string) bool {
	return slices.ContainsFunc(eventTypes(), func(event string) bool { return EventMatches(pattern, event) })
}

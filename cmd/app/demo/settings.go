package demo

import "time"

// Settings are what the bot on the stage is started with, in the terms of the settings file.
type Settings struct {
	Token  string
	APIURL string
	// GroupPerMinute and OverallPerSecond are telegram.limits; the played Telegram enforces them.
	GroupPerMinute, OverallPerSecond int
	Group                            GroupSettings
	TopicsAPI                        TopicsAPISettings
	Lookups                          []LookupSettings
}

// GroupSettings are groups[0]. Operators are the administrators.
type GroupSettings struct {
	ID           int64
	Language     string
	Instances    []InstanceSettings
	MirrorSource string
	SenderIDs    []int64
	CommentMark  string
	Operators    string
	Admins       []int64
}

// InstanceSettings is one connection of the mirror.
type InstanceSettings struct{ Instance, APIKey string }

// TopicsAPISettings are topics_api. The cache is short so that a visitor soon sees a stale card.
type TopicsAPISettings struct {
	URL, Token     string
	Timeout, Cache time.Duration
}

// LookupSettings is one of lookups: a GET with headers.
type LookupSettings struct {
	Name, URL string
	Headers   map[string]string
	Timeout   time.Duration
	Show      string
}

const (
	instanceID     = "13209946874612345"
	instanceKey    = "demoInstanceKey"
	topicsAPIToken = "demo-topics-token"
	billingToken   = "demo-billing-token"
)

func settings(telegramURL, topicsURL, billingURL string) Settings {
	return Settings{
		Token: botToken, APIURL: telegramURL, GroupPerMinute: 20, OverallPerSecond: 30,
		Group: GroupSettings{
			ID: groupID, Language: "en", Instances: []InstanceSettings{{Instance: instanceID, APIKey: instanceKey}},
			MirrorSource: "account", SenderIDs: []int64{mirrorID}, CommentMark: commentMark,
			Operators: "administrators", Admins: []int64{irynaID},
		},
		TopicsAPI: TopicsAPISettings{
			URL: topicsURL, Token: topicsAPIToken, Timeout: 3 * time.Second, Cache: 15 * time.Second,
		},
		Lookups: []LookupSettings{{
			Name: "billing", URL: billingURL + "/users/{{.Customer.ID}}",
			Headers: map[string]string{"Authorization": "Bearer " + billingToken}, Timeout: 2 * time.Second,
			Show: "Balance {{.Response.balance}} · tariff {{.Response.tariff}}",
		}},
	}
}

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
	Commands                         []CommandSettings
	LinkCheck                        CheckSettings
	Notion                           NotionSettings
	AI                               AISettings
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
	CustomerSend string
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

// CommandSettings is one of commands.
type CommandSettings struct {
	Name, Usage, Help, Role string
	// Args are the arguments' names with their expressions, in their order.
	Args                [][2]string
	Confirm             bool
	Request             RequestSettings
	Check               CheckSettings
	Reply, TellCustomer string
}

// RequestSettings is a request of a command. JSON nil sends none.
type RequestSettings struct {
	Method, URL string
	Headers     map[string]string
	JSON        map[string]string
	Timeout     time.Duration
}

// CheckSettings is a request that tells whether something is so; an empty Done means that there is none.
type CheckSettings struct {
	Request RequestSettings
	Done    string
}

// NotionSettings are the integration of type notion. Transcripts are written on the customer's card.
type NotionSettings struct{ ID, Token, APIURL, DatabaseID string }

// AISettings are ai, with a budget so small that one sees it move.
type AISettings struct {
	BaseURL, APIKey, Model, Mode string
	Knowledge                    []string
	Debounce, Timeout            time.Duration
	QuietAfterHuman              time.Duration
	MaxAnswerTokens              int
	TokensPerDay, TokensPerTopic int64
	// InputPrice and OutputPrice are for a million tokens.
	InputPrice, OutputPrice float64
	Currency                string
}

func aiSettings(baseURL, folder string) AISettings {
	return AISettings{
		BaseURL: baseURL, APIKey: modelKey, Model: modelName, Mode: "draft", Knowledge: []string{folder},
		Debounce: 1500 * time.Millisecond, Timeout: 10 * time.Second, QuietAfterHuman: 20 * time.Second,
		MaxAnswerTokens: 300, TokensPerDay: 80_000, TokensPerTopic: 40_000,
		InputPrice: 0.4, OutputPrice: 1.6, Currency: "USD",
	}
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
			Operators: "administrators", Admins: []int64{irynaID}, CustomerSend: "topic",
		},
		TopicsAPI: TopicsAPISettings{
			URL: topicsURL, Token: topicsAPIToken, Timeout: 3 * time.Second, Cache: 15 * time.Second,
		},
		Lookups: []LookupSettings{{
			Name: "billing", URL: billingURL + "/users/{{.Customer.ID}}",
			Headers: billingAuth(), Timeout: 2 * time.Second,
			Show: "Balance {{.Response.balance}} · tariff {{.Response.tariff}}",
		}},
		Commands: ownCommands(billingURL),
		LinkCheck: CheckSettings{
			Request: billingRequest("GET", billingURL+"/accounts/{{.Args.account}}"), Done: "{{.Response.exists}}",
		},
	}
}

func billingAuth() map[string]string {
	return map[string]string{"Authorization": "Bearer " + billingToken}
}

func billingRequest(method, url string) RequestSettings {
	return RequestSettings{Method: method, URL: url, Headers: billingAuth(), Timeout: 5 * time.Second}
}

// ownCommands are the commands of the played team.
func ownCommands(billingURL string) []CommandSettings {
	user := billingURL + "/users/{{.Customer.ID}}"
	activate := billingRequest("POST", user+"/tariff")
	activate.JSON = map[string]string{"tariff": "{{.Args.tariff}}", "months": "{{.Args.months}}"}
	return []CommandSettings{
		{
			Name: "activate", Usage: "<tariff> <months>", Help: "Switch a tariff on", Role: "operator", Confirm: true,
			Args: [][2]string{{"tariff", `t[1-3]`}, {"months", `m(\d{1,2})`}}, Request: activate,
			Check: CheckSettings{
				Request: billingRequest("GET", user+"/tariff"),
				Done:    "{{and (eq .Response.tariff .Args.tariff) (eq .Response.months .Args.months)}}",
			},
			Reply:        "{{.Response.name}} is on until {{.Response.until}}",
			TellCustomer: "Your tariff {{.Response.name}} is active until {{.Response.until}}.",
		},
		{
			Name: "deactivate", Help: "Switch the tariff off", Role: "operator", Confirm: true,
			Request: billingRequest("DELETE", user+"/tariff"),
			Check: CheckSettings{
				Request: billingRequest("GET", user+"/tariff"), Done: `{{eq .Response.tariff "off"}}`,
			},
			Reply: "The tariff is off", TellCustomer: "Your tariff has been switched off.",
		},
		{
			Name: "admin", Help: "The customer in the billing system", Role: "admin",
			Request: billingRequest("GET", user), Reply: "{{.Customer.Name}} in billing: {{.Response.page}}",
		},
	}
}

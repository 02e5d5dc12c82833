package config

import "strings"

// sectionHelp introduces a section of docs/settings.md.
var sectionHelp = map[string]string{
	"lookups": "Lines added to `/info`, asked side by side, each with its own timeout.",
	"commands": "The team's own slash commands. Templates know `.Customer` " +
		"(ID, Name, FirstName, LastName, Username, Phone, Language),\n`.Topic` (GroupID, ID, Title, Status), " +
		"`.Operator` (ID, Name, Username), `.Args`, `.Account` and `.Response`.",
	"integrations": "Outside systems. Each entry has a `type`, an `id` and the keys of its type.",
}

// requestHelp is shared by all places a request may stand.
var requestHelp = map[string]string{
	"method":       "HTTP method; empty: `POST` with `json`, else `GET`.",
	"url":          "Address to call, a template behind the host.",
	"headers.NAME": "Header and its value, a template.",
	"json":         "JSON body; its strings are templates, one that is exactly one action keeps the value's type.",
	"secret":       "Signs the request (Standard Webhooks), `whsec_` and base64.",
	"timeout":      "How long to wait for the answer.",
}

// settingHelp finds the meaning of a setting; a request's keys read alike
// wherever it stands.
func settingHelp(path string) string {
	if _, key, ok := strings.Cut(path, "request."); ok {
		return requestHelp[key]
	}
	return optionHelp[path]
}

// optionHelp tells what each setting means; a test keeps it complete.
var optionHelp = map[string]string{
	"telegram.token":                     "The bot's token from @BotFather. Required.",
	"telegram.api_url":                   "The Bot API: Telegram's own, a local server or a test server.",
	"telegram.webhook.url":               "Empty: long polling. Else Telegram delivers here; its path is served.",
	"telegram.webhook.secret":            "Comes with each update; others are refused. A–Z, a–z, 0–9, `_`, `-`.",
	"telegram.limits.group_per_minute":   "Messages a minute into one group; 0: no limit of ours.",
	"telegram.limits.overall_per_second": "Messages a second in all; 0: no limit of ours.",
	"server.listen":                      "Where health, metrics, webhooks and the admin page are served.",
	"server.admin_token":                 "Opens the admin page; empty: no admin page.",
	"store.url":                          "`sqlite:FILE` or `postgres://user:password@host/database`.",
	"log.level":                          "The least level written to stderr.",
	"log.format":                         "How log lines are written.",
	"retention.journal":                  "How long handled updates are kept.",
	"retention.messages":                 "How long messages are kept; `0s`: for ever.",
	"topics_api.url":                     "The Topics API, which tells who the customer of a topic is.",
	"topics_api.token":                   "Sent as `X-API-KEY`.",
	"topics_api.timeout":                 "How long to wait for an answer.",
	"topics_api.cache":                   "How long an identity is answered from the store.",
	"groups[].id":                        "The forum group, a negative number. Required.",
	"groups[].language":                  "What people in this group read.",
	"groups[].instances[].instance":      "Instance id at the Topics API; several are tried in turn.",
	"groups[].instances[].api_key":       "The instance's key.",
	"groups[].mirror.source":             "Where customers' messages come from.",
	"groups[].mirror.sender_ids": "Accounts or bots that post customers' messages; " +
		"what they write is never a command.",
	"groups[].mirror.comment_mark": "Starts every message of ours, so that it stays internal; a slash and a space.",
	"groups[].mirror.reply_only":   "The mirror sends customers only replies to their messages.",
	"groups[].operators":           "Who may give commands; `members` needs `mirror.sender_ids`.",
	"groups[].admins":              "Who may do what needs an admin; not `members`.",
	"groups[].customer_send": "How an explicit answer reaches the customer: `none`: its text is offered for copying, " +
		"`topic`: plain text in the topic, `bot`: through `customer_bot_token`.",
	"groups[].customer_bot_token": "The bot customers talk to.",
	"groups[].ai_mode":            "The advisor's mode in this group's topics until `/ai` sets another; empty: `ai.mode`.",
	"lookups[].name":              "Name of the line, shown when the lookup fails.",
	"lookups[].show":              "Template of the line.",
	"commands[].name":             "The command without its slash: a–z, 0–9, `_`, at most 32.",
	"commands[].usage":            "Arguments as shown in the usage line.",
	"commands[].help":             "One line for the menu.",
	"commands[].args[].name":      "Name of the argument, for `{{.Args.name}}`.",
	"commands[].args[].match":     "Regular expression for the whole word; its group, if present, is the value.",
	"commands[].args[].optional":  "May be left out; only at the end.",
	"commands[].role":             "Who may use it.",
	"commands[].confirm":          "Ask [Do it] [Cancel] first.",
	"commands[].check.done":       "Template that gives `true` when the action took effect.",
	"commands[].reply":            "Template of the answer, a comment in the topic.",
	"commands[].tell_customer":    "Template of what the customer is told after success.",
	"links.check.done":            "Template that gives `true` when the account exists.",
	"transcript.comments":         "Include comments, commands and our notices in transcripts.",
	"ai.base_url":                 "The API, compatible with OpenAI's chat completions.",
	"ai.api_key":                  "The API's key.",
	"ai.model":                    "The model; empty: no advisor.",
	"ai.embedding_model":          "Model for search by meaning; empty: full-text search only.",
	"ai.mode": "`ask`: only when addressed; `draft`: a draft for every customer's question; " +
		"`reply`: may answer the customer.",
	"ai.call":                            "Words that address the advisor.",
	"ai.knowledge":                       "Folders of .md, .txt, .html and .csv files.",
	"ai.budget.tokens_per_day":           "Tokens a UTC day in all; 0: no limit.",
	"ai.budget.tokens_per_topic_per_day": "Tokens a UTC day for one topic; 0: no limit.",
	"ai.debounce":                        "A burst of messages ends after this silence.",
	"ai.timeout":                         "How long to wait for the model.",
	"ai.token_field":                     "What the API calls the limit of an answer.",
	"ai.max_answer_tokens":               "Limit of one answer.",
	"ai.threshold":                       "Least share of the answer that claims with true quotes carry.",
	"ai.mask":                            "Hide phones, mails, cards and keys from the model.",
	"ai.reply_to":                        "In mode `reply`: only what addresses the advisor, or all.",
	"ai.quiet_after_human":               "Silence towards the customer after an operator wrote.",
	"ai.prices.input_per_million":        "Price of a million tokens sent.",
	"ai.prices.output_per_million":       "Price of a million tokens answered.",
	"ai.prices.currency":                 "Currency of the prices.",
	"integrations[].type":                "`notion` or `webhook`. Required.",
	"integrations[].id":                  "Name of this entry, each its own.",
	"notion.token":                       "Token of the Notion integration. Required.",
	"notion.api_url":                     "Notion's API, or a test server.",
	"notion.database_id":                 "Database the cards go to. This or `data_source_id` is required.",
	"notion.data_source_id":              "Data source in the database; needed when it has several.",
	"notion.transcript":                  "Where `/transcript notion` writes: into the card or a page of its own.",
	"notion.properties.user_id":          "Number or text property with the Telegram id. Required.",
	"notion.properties.name":             "Title property; empty: left out. The same holds for those below.",
	"notion.properties.username":         "Text property with the username.",
	"notion.properties.phone":            "Property with the phone.",
	"notion.properties.tags":             "Multi-select property, shown by `/notion`.",
	"notion.properties.priority":         "Select or status property, shown by `/notion`.",
	"webhook.url":                        "Where events are posted. Required.",
	"webhook.secret":                     "Signs events (Standard Webhooks), `whsec_` and base64.",
	"webhook.events":                     "Types sent: `message.received`, all of a kind `message.*`, all `*`.",
	"webhook.order":                      "Keep the order in each topic, in all, or not at all.",
	"webhook.guarantee":                  "Many attempts, or one.",
	"webhook.keep":                       "How long an event is tried before it is parked.",
}

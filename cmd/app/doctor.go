package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"topicpilot/config"
	"topicpilot/integrations"
	"topicpilot/integrations/telegram"
	"topicpilot/topics"
	"topicpilot/topics/store"
	"topicpilot/topics/topicsapi"
)

// Status is how bad a finding is, as it is printed.
type Status = integrations.Status

// The statuses.
const (
	StatusOK      = integrations.OK
	StatusWarning = integrations.Warning
	StatusFault   = integrations.Fault
)

// Finding is one line of the doctor's.
type Finding struct {
	Status Status
	// Subject is what was looked at: settings, database, telegram, topics api, …
	Subject string
	Text    string
	// Remedy says how to mend it, "" when there is nothing to mend.
	Remedy string
}

// String is the line: "fault telegram: … → what to do".
func (f Finding) String() string {
	// Drivers' errors may have several lines.
	line := fmt.Sprintf("%-7s %s: %s", f.Status, f.Subject, strings.Join(strings.Fields(f.Text), " "))
	if f.Remedy != "" {
		line += " → " + f.Remedy
	}
	return line
}

// DoctorOptions are what Examine needs.
type DoctorOptions struct {
	Config *config.Config
	// Offline leaves out what needs the network.
	Offline bool
}

// examineTime bounds a single check.
const examineTime = 30 * time.Second

// Examine looks at the settings and at everything that they point at, and tells each
// finding as it is made. It changes nothing, and takes no update from a running bot.
func Examine(ctx context.Context, opts DoctorOptions, tell func(Finding) error) error {
	d := &doctor{cfg: opts.Config}
	checks := []func(context.Context) []Finding{d.settings, d.mirrors, d.templates, d.database, d.knowledge}
	if !opts.Offline {
		checks = append(checks, d.telegram, d.customerBots, d.topicsAPI, d.notion, d.model)
	}
	for _, check := range checks {
		bounded, cancel := context.WithTimeout(ctx, examineTime)
		findings := check(bounded)
		cancel()
		for _, finding := range findings {
			if err := tell(finding); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// found are the findings of a client; subject stands before the name of each check.
func found(subject string, list []integrations.Finding) []Finding {
	findings := make([]Finding, 0, len(list))
	for _, f := range list {
		findings = append(findings, Finding{Status: f.Status, Subject: subject + f.Code, Text: f.Text, Remedy: f.Remedy})
	}
	return findings
}

type doctor struct{ cfg *config.Config }

func (d *doctor) settings(ctx context.Context) []Finding {
	findings := []Finding{{Status: StatusOK, Subject: "settings", Text: "read and in order"}}
	faults := d.mirrors(ctx)
	for _, problem := range d.cfg.Warnings() {
		if slices.ContainsFunc(faults, func(f Finding) bool { return f.Subject == problem.Path }) {
			continue // it is told as a fault, with its remedy
		}
		findings = append(findings, Finding{Status: StatusWarning, Subject: problem.Path, Text: problem.Message})
	}
	return findings
}

// mirrors looks for groups in which a customer cannot be told from an operator.
func (d *doctor) mirrors(context.Context) []Finding {
	var findings []Finding
	for i, group := range groupsOf(d.cfg).All() {
		if group.MirrorUnknown() {
			findings = append(findings, Finding{
				Status: StatusFault, Subject: fmt.Sprintf("groups[%d].mirror.sender_ids", i),
				Text:   "mirror sender not configured: customers' messages cannot be told from operators', commands are refused",
				Remedy: "put the user id of the account or bot that posts customers' messages there, or set mirror.source to none",
			})
		} else if len(group.Mirror.SenderIDs) == 0 && !onlyListed(group) {
			findings = append(findings, Finding{
				Status: StatusWarning, Subject: fmt.Sprintf("groups[%d].mirror.sender_ids", i),
				Text:   "empty: an account of the mirror that belongs to the group would pass for an operator",
				Remedy: "put its user id there if there is one",
			})
		}
	}
	return findings
}

// onlyListed tells that nobody but people named by id has rights in the group.
func onlyListed(group *topics.Group) bool {
	for _, who := range []topics.Who{group.Operators, group.Admins} {
		if who.Administrators || who.Members {
			return false
		}
	}
	return true
}

func (d *doctor) templates(context.Context) []Finding {
	if err := checkTemplates(d.cfg); err != nil {
		return []Finding{{Status: StatusFault, Subject: "templates", Text: err.Error(), Remedy: "correct the setting"}}
	}
	return nil
}

func (d *doctor) database(ctx context.Context) []Finding {
	found, err := store.Check(ctx, d.cfg.Store.URL.Reveal())
	if err == nil {
		return []Finding{{Status: StatusOK, Subject: "database", Text: found}}
	}
	// The store's errors say the remedy behind a semicolon.
	text, remedy, told := strings.Cut(strings.TrimPrefix(err.Error(), "database "), "; ")
	if !told {
		remedy = "check store.url, and that the database server runs and lets this user in"
	}
	return []Finding{{Status: StatusFault, Subject: "database", Text: text, Remedy: remedy}}
}

func (d *doctor) telegram(ctx context.Context) []Finding {
	client, err := telegram.NewClient(telegram.Options{
		Token: d.cfg.Telegram.Token, APIURL: d.cfg.Telegram.APIURL.Reveal(),
	})
	if err != nil {
		return []Finding{{
			Status: StatusFault, Subject: "telegram", Text: err.Error(), Remedy: "correct the telegram settings",
		}}
	}
	defer client.Close()
	options := telegram.CheckOptions{WebhookURL: d.cfg.Telegram.Webhook.URL.Reveal()}
	for _, group := range d.cfg.Groups {
		options.Groups = append(options.Groups, group.ID)
	}
	var findings []Finding
	if options.Quiet = d.botRuns(ctx, client.BotID()); options.Quiet {
		findings = append(findings, Finding{
			Status: StatusOK, Subject: "telegram poller", Text: "this bot runs, on " + d.cfg.Server.Listen,
		})
	}
	return append(findings, found("telegram ", client.Check(ctx, options))...)
}

// botRuns asks the address where a bot with these settings listens.
func (d *doctor) botRuns(ctx context.Context, botID int64) bool {
	host, port, err := net.SplitHostPort(d.cfg.Server.Listen)
	if err != nil || port == "0" {
		return false
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	return resp.StatusCode == http.StatusOK && resp.Header.Get(serverMark) == strconv.FormatInt(botID, 10)
}

func (d *doctor) topicsAPI(ctx context.Context) []Finding {
	client := topicsapi.New(topicsapi.Options{
		URL: d.cfg.TopicsAPI.URL.Reveal(), Token: d.cfg.TopicsAPI.Token, Timeout: d.cfg.TopicsAPI.Timeout,
	})
	defer client.CloseIdle()
	var findings []Finding
	for i, group := range groupsOf(d.cfg).All() {
		if len(group.Instances) == 0 {
			findings = append(findings, Finding{
				Status: StatusWarning, Subject: fmt.Sprintf("groups[%d].instances", i),
				Text: "empty: nobody can say who the customers are", Remedy: "add the connection's instance id and api_key",
			})
		}
		for j, instance := range group.Instances {
			result, err := client.Probe(ctx, instance, topics.Conversation{ChatID: group.ID})
			findings = append(findings, probed(fmt.Sprintf("groups[%d].instances[%d]", i, j), result, err))
		}
	}
	return findings
}

func probed(where string, result topicsapi.ProbeResult, err error) Finding {
	f := Finding{Status: StatusFault, Subject: "topics api (" + where + ")", Text: result.Detail}
	if err != nil {
		var resolve *topics.ResolveError
		if errors.As(err, &resolve) && resolve.Reason == topics.ReasonNotSet {
			f.Text, f.Remedy = "instance or api_key is empty", "set both"
			return f
		}
		f.Text, f.Remedy = err.Error(), "check the setting"
		return f
	}
	switch result.Verdict {
	case topicsapi.VerdictOK:
		f.Status = StatusOK
		if !result.Certain {
			f.Status, f.Remedy = StatusWarning, "try /info in a customer's topic"
		}
	case topicsapi.VerdictTokenRefused:
		f.Text = "the token is refused: " + f.Text
		f.Remedy = "set topics_api.token to the key that the mirror's support gave you"
	case topicsapi.VerdictKeyRefused:
		f.Remedy = "copy " + where + ".instance and .api_key from the mirror's setup bot"
	case topicsapi.VerdictRefused:
		f.Text = "topics_api.token or " + where + ".api_key is refused: " + f.Text
		f.Remedy = "check both"
	case topicsapi.VerdictUnavailable:
		f.Text, f.Remedy = "no usable answer: "+f.Text, "check topics_api.url and the network"
	}
	return f
}

package telegram

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mymmrac/telego"

	"topicpilot/integrations"
	"topicpilot/topics"
)

// CheckOptions say what should be so.
type CheckOptions struct {
	// WebhookURL is webhook.url of the settings, "" for polling.
	WebhookURL string
	// Groups are the chats that the settings name.
	Groups []int64
	// Quiet leaves out what a running bot would notice: the look for another poller.
	Quiet bool
}

// maxSkew is how far our clock may be from the server's.
const maxSkew = time.Minute

// Check looks at everything that Telegram can tell about token, account, delivery and groups. It
// changes nothing and takes no update away; another poller's waiting request may be ended once, which
// that poller survives.
func (c *Client) Check(ctx context.Context, o CheckOptions) []integrations.Finding {
	token, me := c.checkToken(ctx, "telegram.token")
	if me == nil {
		return []integrations.Finding{token}
	}
	findings := []integrations.Finding{token, c.checkClock()}
	findings = append(findings, c.checkDelivery(ctx, o)...)
	for _, chatID := range o.Groups {
		findings = append(findings, c.checkGroup(ctx, chatID, me)...)
	}
	return findings
}

// CheckToken looks whether Telegram takes the token. setting is its name in the settings.
func (c *Client) CheckToken(ctx context.Context, setting string) integrations.Finding {
	finding, _ := c.checkToken(ctx, setting)
	return finding
}

// checkToken also gives the token's account, nil unless it is in order.
func (c *Client) checkToken(ctx context.Context, setting string) (integrations.Finding, *telego.User) {
	me, err := c.getMe(ctx)
	switch {
	case refusedWith(err, 401, ""), refusedWith(err, 404, ""):
		return integrations.Finding{
			Status: integrations.Fault, Code: "token", Text: "Telegram refuses the token",
			Remedy: "set " + setting + " to the one that @BotFather shows for the bot",
		}, nil
	case err != nil:
		return unreachable(err), nil
	}
	return integrations.Finding{
		Status: integrations.OK, Code: "token", Text: fmt.Sprintf("token of @%s (id %d)", me.Username, me.ID),
	}, me
}

func unreachable(err error) integrations.Finding {
	cause := err
	if unknown, ok := errors.AsType[*topics.UnknownOutcome](err); ok {
		cause = unknown.Err
	}
	if _, answered := errors.AsType[*APIError](err); answered || errors.Is(err, errUnreadable) {
		return integrations.Finding{
			Status: integrations.Fault, Code: "api", Text: "no usable answer: " + cause.Error(),
			Remedy: "check that telegram.api_url is a Bot API server, and what stands in between; try again",
		}
	}
	return integrations.Finding{
		Status: integrations.Fault, Code: "api", Text: "Telegram cannot be reached: " + cause.Error(),
		Remedy: "check the network, a firewall in between and telegram.api_url",
	}
}

func (c *Client) checkClock() integrations.Finding {
	skew := time.Duration(c.skew.Load())
	switch {
	case !c.hasSkew.Load():
		return integrations.Finding{
			Status: integrations.OK, Code: "clock", Text: "Telegram did not tell its time; clock not compared",
		}
	case skew.Abs() > maxSkew:
		return integrations.Finding{
			Status: integrations.Fault, Code: "clock",
			Text:   fmt.Sprintf("the clock is off by %s", skew.Abs().Truncate(time.Second)),
			Remedy: "set the clock, for instance by switching NTP on (timedatectl set-ntp true)",
		}
	}
	return integrations.Finding{Status: integrations.OK, Code: "clock", Text: "clock agrees with Telegram's"}
}

// checkDelivery looks at the webhook and, without one, for another poller.
func (c *Client) checkDelivery(ctx context.Context, o CheckOptions) []integrations.Finding {
	wanted := o.WebhookURL
	info, err := c.webhookInfo(ctx)
	if err != nil {
		return []integrations.Finding{{
			Status: integrations.Warning, Code: "webhook", Text: "the webhook cannot be looked at: " + err.Error(),
			Remedy: "try again",
		}}
	}
	switch {
	case info.URL == "" && wanted == "" && o.Quiet:
		return []integrations.Finding{{Status: integrations.OK, Code: "webhook", Text: "no webhook is set"}}
	case info.URL == "" && wanted == "":
		return []integrations.Finding{
			{
				Status: integrations.OK, Code: "webhook", Text: "no webhook is set",
			}, c.checkPoller(ctx),
		}
	case info.URL == "":
		return []integrations.Finding{{
			Status: integrations.OK, Code: "webhook", Text: "our webhook is not set yet; run sets it",
		}}
	case wanted == "":
		return []integrations.Finding{{
			Status: integrations.Fault, Code: "webhook",
			Text:   "a webhook of another address is set (" + address(info.URL) + "): updates go there",
			Remedy: "start with `topicpilot run --take-over` to remove it, or set telegram.webhook.url",
		}}
	case info.URL != wanted:
		return []integrations.Finding{{
			Status: integrations.Warning, Code: "webhook",
			Text:   "a webhook of another address is set (" + address(info.URL) + ")",
			Remedy: "run replaces it; stop the other program, or it will replace ours",
		}}
	}
	if warning := deliveryWarning(info); warning != "" {
		return []integrations.Finding{{
			Status: integrations.Warning, Code: "webhook", Text: warning,
			Remedy: "check that webhook.url leads here from outside, with a valid certificate, on port 443, 80, 88 or 8443",
		}}
	}
	return []integrations.Finding{{
		Status: integrations.OK, Code: "webhook",
		Text: fmt.Sprintf("our webhook is set, %d updates wait", info.PendingUpdateCount),
	}}
}

// checkPoller asks for updates without confirming any. The newcomer of two pollers is answered and
// the older one refused, which then comes back and ends ours: hence the second, longer look.
func (c *Client) checkPoller(ctx context.Context) integrations.Finding {
	for _, seconds := range []int{0, 2} {
		batch, err := c.getUpdates(ctx, getUpdates{Limit: 1, Timeout: seconds})
		switch {
		case refusedWith(err, 409, ""):
			return integrations.Finding{
				Status: integrations.Fault, Code: "poller", Text: "another program polls with the same token",
				Remedy: "stop it, or start with `topicpilot run --take-over`; if that program is this topicpilot, all is well",
			}
		case err != nil:
			return integrations.Finding{
				Status: integrations.Warning, Code: "poller", Text: "updates cannot be asked for: " + err.Error(),
				Remedy: "try again",
			}
		case len(batch) > 0:
			return integrations.Finding{Status: integrations.OK, Code: "poller", Text: "updates wait for the bot"}
		}
	}
	return integrations.Finding{Status: integrations.OK, Code: "poller", Text: "nobody else polls"}
}

func (c *Client) checkGroup(ctx context.Context, chatID int64, me *telego.User) []integrations.Finding {
	chat, err := c.bot.GetChat(ctx, &telego.GetChatParams{ChatID: telego.ChatID{ID: chatID}})
	if err != nil {
		return []integrations.Finding{groupFinding(chatID, tidy("getChat", err))}
	}
	member, err := c.member(ctx, chatID, me.ID)
	if err != nil {
		return []integrations.Finding{groupFinding(chatID, err)}
	}
	if !member.MemberIsMember() {
		return []integrations.Finding{notInGroup(chatID)}
	}
	findings := []integrations.Finding{{
		Status: integrations.OK, Code: "group", ChatID: chatID, Text: fmt.Sprintf("group %d: the bot is in it", chatID),
	}}
	add := func(status integrations.Status, code, text, remedy string) {
		findings = append(findings, integrations.Finding{
			Status: status, Code: code, ChatID: chatID, Text: fmt.Sprintf("group %d: %s", chatID, text), Remedy: remedy,
		})
	}
	if !chat.IsForum {
		add(integrations.Fault, "forum", "topics are off; it is not a forum", "switch Topics on in the group's settings")
	}
	admin, _ := member.(*telego.ChatMemberAdministrator)
	_, owner := member.(*telego.ChatMemberOwner)
	isAdmin := admin != nil || owner
	switch {
	case me.CanReadAllGroupMessages:
	case isAdmin:
		add(integrations.Warning, "privacy", "privacy mode is on; only as an administrator does the bot see all messages",
			"switch it off in @BotFather (/setprivacy), or the bot sees commands only once it is no administrator")
	default:
		add(integrations.Fault, "privacy", "privacy mode is on: the bot sees commands only",
			"switch it off in @BotFather (/setprivacy) and add the bot to the group anew, or make it an administrator")
	}
	if !mayPost(member, chat) {
		add(integrations.Fault, "write", "the bot has no right to post", "let it send messages, or make it an administrator")
	}
	switch {
	case !isAdmin:
		add(integrations.Warning, "rights", "the bot is no administrator: changes of members are not told to it "+
			"and it cannot write into closed topics", "make it an administrator with the right to manage topics")
	case admin != nil && !admin.CanManageTopics:
		add(integrations.Warning, "rights", "the bot cannot write into closed topics", "give it the right to manage topics")
	}
	return findings
}

func mayPost(member telego.ChatMember, chat *telego.ChatFullInfo) bool {
	switch m := member.(type) {
	case *telego.ChatMemberRestricted:
		return m.CanSendMessages
	case *telego.ChatMemberMember:
		return chat.Permissions == nil || chat.Permissions.CanSendMessages == nil || *chat.Permissions.CanSendMessages
	}
	return true
}

func notInGroup(chatID int64) integrations.Finding {
	return integrations.Finding{
		Status: integrations.Fault, Code: "group", ChatID: chatID,
		Text:   fmt.Sprintf("group %d: the bot is not in it", chatID),
		Remedy: "add the bot to the group; check the id (it begins with -100)",
	}
}

func groupFinding(chatID int64, err error) integrations.Finding {
	var hopeless *topics.Hopeless
	var migrated *topics.Migrated
	switch {
	case errors.As(err, &migrated):
		return integrations.Finding{
			Status: integrations.Fault, Code: "group", ChatID: chatID,
			Text:   fmt.Sprintf("group %d has become %d", chatID, migrated.To),
			Remedy: fmt.Sprintf("set the group's id to %d", migrated.To),
		}
	case errors.As(err, &hopeless):
		return notInGroup(chatID)
	}
	return integrations.Finding{
		Status: integrations.Warning, Code: "group", ChatID: chatID,
		Text: fmt.Sprintf("group %d cannot be looked at: %v", chatID, err), Remedy: "try again",
	}
}

package telegramtest_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/mymmrac/telego"
	"github.com/mymmrac/telego/telegoapi"
	tu "github.com/mymmrac/telego/telegoutil"

	"topicpilot/integrations/telegram/telegramtest"
)

// TestTelego calls every simulated method through telego, the library the bot uses.
func TestTelego(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	ctx := context.Background()
	thread := s.topic("Customer")
	s.post(telegramtest.Post{Thread: thread, Text: "/info"})
	bot, err := telego.NewBot(s.Token(), telego.WithAPIServer(s.url), telego.WithDiscardLogger())
	s.must(err)
	id := tu.ID(group)

	me, err := bot.GetMe(ctx)
	s.must(err)
	if me.ID != s.Bot().ID || !me.CanReadAllGroupMessages {
		t.Errorf("getMe = %+v", me)
	}
	list, err := bot.GetUpdates(ctx, &telego.GetUpdatesParams{AllowedUpdates: []string{"message"}})
	s.must(err)
	if len(list) != 2 || list[1].Message.Text != "/info" || list[1].Message.ReplyToMessage.ForumTopicCreated == nil {
		t.Errorf("getUpdates = %+v", list)
	}
	m, err := bot.SendMessage(ctx, &telego.SendMessageParams{
		ChatID: id, MessageThreadID: thread, Text: "/ hello 👋",
		Entities:           []telego.MessageEntity{{Type: telego.EntityTypeBold, Offset: 2, Length: 5}},
		LinkPreviewOptions: &telego.LinkPreviewOptions{IsDisabled: true},
		ReplyMarkup: tu.InlineKeyboard(
			tu.InlineKeyboardRow(tu.InlineKeyboardButton("Go").WithCallbackData("go:1"))),
	})
	s.must(err)
	if m.MessageThreadID != thread || !m.IsTopicMessage || m.ReplyMarkup == nil {
		t.Errorf("sendMessage = %+v", m)
	}
	_, err = bot.EditMessageText(ctx, tu.EditMessageText(id, m.MessageID, "/ changed"))
	s.must(err)
	_, err = bot.EditMessageReplyMarkup(ctx, &telego.EditMessageReplyMarkupParams{
		ChatID: id, MessageID: m.MessageID, ReplyMarkup: tu.InlineKeyboard(
			tu.InlineKeyboardRow(tu.InlineKeyboardButton("Again").WithCallbackData("go:2"))),
	})
	s.must(err)
	query, err := s.Press(group, m.MessageID, operator, "go:2")
	s.must(err)
	s.must(bot.AnswerCallbackQuery(ctx, tu.CallbackQuery(query).WithText("done").WithShowAlert()))
	got, err := s.WaitAnswer(within(t), query)
	s.must(err)
	if got.Text != "done" || !got.ShowAlert {
		t.Errorf("answer = %+v", got)
	}
	file, err := os.Open("botapi.json")
	s.must(err)
	defer func() { _ = file.Close() }()
	doc, err := bot.SendDocument(ctx, tu.Document(id, tu.File(file)).WithCaption("/ file").WithMessageThreadID(thread))
	s.must(err)
	if content, ok := s.File(doc.Document.FileID); !ok || len(content) < 100_000 ||
		doc.Document.FileName != "botapi.json" {
		t.Errorf("document = %+v, kept %d bytes", doc.Document, len(content))
	}
	_, err = bot.SendDocument(ctx, tu.Document(id, tu.FileFromID(doc.Document.FileID)))
	s.must(err)
	s.must(bot.DeleteMessage(ctx, tu.Delete(id, doc.MessageID)))
	telegoChats(t, s, bot, thread)
	telegoTopics(s, bot)
	if v := s.Violations(); len(v) > 0 {
		t.Errorf("violations: %v", v)
	}
}

func telegoChats(t *testing.T, s *stage, bot *telego.Bot, thread int) {
	t.Helper()
	ctx, id := context.Background(), tu.ID(group)
	chat, err := bot.GetChat(ctx, &telego.GetChatParams{ChatID: id})
	s.must(err)
	if !chat.IsForum || chat.Permissions == nil {
		t.Errorf("getChat = %+v", chat)
	}
	member, err := bot.GetChatMember(ctx, &telego.GetChatMemberParams{ChatID: id, UserID: operator})
	s.must(err)
	if member.MemberStatus() != telego.MemberStatusCreator {
		t.Errorf("getChatMember = %+v", member)
	}
	admins, err := bot.GetChatAdministrators(ctx, &telego.GetChatAdministratorsParams{ChatID: id})
	s.must(err)
	if len(admins) != 2 {
		t.Errorf("getChatAdministrators = %+v", admins)
	}
	scope := tu.ScopeChat(id)
	s.must(bot.SetMyCommands(ctx, &telego.SetMyCommandsParams{
		Commands: []telego.BotCommand{{Command: "info", Description: "Who is it"}}, Scope: scope,
	}))
	cmds, err := bot.GetMyCommands(ctx, &telego.GetMyCommandsParams{Scope: scope})
	s.must(err)
	if len(cmds) != 1 || s.Commands("chat", group, "")[0].Command != "info" {
		t.Errorf("getMyCommands = %+v", cmds)
	}
	s.must(bot.DeleteMyCommands(ctx, &telego.DeleteMyCommandsParams{Scope: scope}))
	s.must(bot.SendChatAction(ctx, tu.ChatAction(id, telego.ChatActionTyping).WithMessageThreadID(thread)))
	s.must(bot.SetWebhook(ctx, &telego.SetWebhookParams{URL: "http://127.0.0.1:1/x", SecretToken: "s"}))
	info, err := bot.GetWebhookInfo(ctx)
	s.must(err)
	if info.URL != "http://127.0.0.1:1/x" {
		t.Errorf("getWebhookInfo = %+v", info)
	}
	_, err = bot.GetUpdates(ctx, &telego.GetUpdatesParams{})
	var api *telegoapi.Error
	if !errors.As(err, &api) || api.ErrorCode != 409 {
		t.Errorf("getUpdates beside a webhook: %v", err)
	}
	s.must(bot.DeleteWebhook(ctx, &telego.DeleteWebhookParams{DropPendingUpdates: true}))
}

func telegoTopics(s *stage, bot *telego.Bot) {
	ctx, id := context.Background(), tu.ID(group)
	topic, err := bot.CreateForumTopic(ctx, &telego.CreateForumTopicParams{ChatID: id, Name: "New"})
	s.must(err)
	n := topic.MessageThreadID
	s.must(bot.EditForumTopic(ctx, &telego.EditForumTopicParams{ChatID: id, MessageThreadID: n, Name: "Renamed"}))
	s.must(bot.CloseForumTopic(ctx, &telego.CloseForumTopicParams{ChatID: id, MessageThreadID: n}))
	s.must(bot.ReopenForumTopic(ctx, &telego.ReopenForumTopicParams{ChatID: id, MessageThreadID: n}))
	s.must(bot.DeleteForumTopic(ctx, &telego.DeleteForumTopicParams{ChatID: id, MessageThreadID: n}))
	s.must(bot.LeaveChat(ctx, &telego.LeaveChatParams{ChatID: id}))
	s.must(bot.Close(ctx))
	s.must(bot.LogOut(ctx))
}

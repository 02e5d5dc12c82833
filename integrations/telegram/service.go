package telegram

import (
	"github.com/mymmrac/telego"

	"topicpilot/topics"
)

// service tells what a service message says, nil for an ordinary message.
func service(m *telego.Message) *topics.Service {
	switch {
	case m.ForumTopicCreated != nil:
		return &topics.Service{Kind: topics.TopicCreated, Title: m.ForumTopicCreated.Name}
	case m.ForumTopicEdited != nil:
		return &topics.Service{Kind: topics.TopicRenamed, Title: m.ForumTopicEdited.Name}
	case m.ForumTopicClosed != nil:
		return &topics.Service{Kind: topics.TopicClosed}
	case m.ForumTopicReopened != nil:
		return &topics.Service{Kind: topics.TopicReopened}
	case m.MigrateToChatID != 0:
		return &topics.Service{Kind: topics.MigratedTo, ChatID: m.MigrateToChatID}
	case m.MigrateFromChatID != 0:
		return &topics.Service{Kind: topics.MigratedFrom, ChatID: m.MigrateFromChatID}
	}
	for _, s := range otherServices(m) {
		if s.present {
			return &topics.Service{Kind: topics.ServiceOther, Name: s.name}
		}
	}
	return nil
}

type namedService struct {
	present bool
	name    string
}

// otherServices lists Telegram's names of the service messages that mean nothing to us.
func otherServices(m *telego.Message) [44]namedService {
	return [44]namedService{
		{m.GeneralForumTopicHidden != nil, "general_forum_topic_hidden"},
		{m.GeneralForumTopicUnhidden != nil, "general_forum_topic_unhidden"},
		{len(m.NewChatMembers) > 0, "new_chat_members"},
		{m.LeftChatMember != nil, "left_chat_member"},
		{m.NewChatTitle != "", "new_chat_title"},
		{len(m.NewChatPhoto) > 0, "new_chat_photo"},
		{m.DeleteChatPhoto, "delete_chat_photo"},
		{m.PinnedMessage != nil, "pinned_message"},
		{m.GroupChatCreated, "group_chat_created"},
		{m.SupergroupChatCreated, "supergroup_chat_created"},
		{m.ChannelChatCreated, "channel_chat_created"},
		{m.MessageAutoDeleteTimerChanged != nil, "message_auto_delete_timer_changed"},
		{m.ChatOwnerLeft != nil, "chat_owner_left"},
		{m.ChatOwnerChanged != nil, "chat_owner_changed"},
		{m.VideoChatScheduled != nil, "video_chat_scheduled"},
		{m.VideoChatStarted != nil, "video_chat_started"},
		{m.VideoChatEnded != nil, "video_chat_ended"},
		{m.VideoChatParticipantsInvited != nil, "video_chat_participants_invited"},
		{m.BoostAdded != nil, "boost_added"},
		{m.ChatBackgroundSet != nil, "chat_background_set"},
		{m.ProximityAlertTriggered != nil, "proximity_alert_triggered"},
		{m.WriteAccessAllowed != nil, "write_access_allowed"},
		{m.ConnectedWebsite != "", "connected_website"},
		{m.UsersShared != nil, "users_shared"},
		{m.ChatShared != nil, "chat_shared"},
		{m.Gift != nil, "gift"},
		{m.UniqueGift != nil, "unique_gift"},
		{m.GiftUpgradeSent != nil, "gift_upgrade_sent"},
		{m.SuccessfulPayment != nil, "successful_payment"},
		{m.RefundedPayment != nil, "refunded_payment"},
		{m.GiveawayCreated != nil, "giveaway_created"},
		{m.GiveawayCompleted != nil, "giveaway_completed"},
		{m.ChecklistTasksDone != nil, "checklist_tasks_done"},
		{m.ChecklistTasksAdded != nil, "checklist_tasks_added"},
		{m.CommunityChatAdded != nil, "community_chat_added"},
		{m.CommunityChatRemoved != nil, "community_chat_removed"},
		{m.DirectMessagePriceChanged != nil, "direct_message_price_changed"},
		{m.PaidMessagePriceChanged != nil, "paid_message_price_changed"},
		{m.ManagedBotCreated != nil, "managed_bot_created"},
		{m.PollOptionAdded != nil, "poll_option_added"},
		{m.PollOptionDeleted != nil, "poll_option_deleted"},
		{m.SuggestedPostApproved != nil, "suggested_post_approved"},
		{m.WebAppData != nil, "web_app_data"},
		{m.PassportData != nil, "passport_data"},
	}
}

package desktop

import (
	"cmp"
	"maps"
	"slices"
)

// The bounds of the report.
const (
	maxOddities = 50
	maxExamples = 5
)

// The words of the format that decide.
const (
	kindService        = "service"
	actionTopicCreated = "topic_created"
)

// serviceNames are the Bot API's names of service messages that a topic may have.
var serviceNames = map[string]string{
	"topic_edit": "topic_renamed", "pin_message": "pinned_message", "send_payment": "successful_payment",
}

func serviceName(action string) string {
	if name := serviceNames[action]; name != "" {
		return name
	}
	return cleanName(action)
}

// groupActions are service messages about the group as a whole.
var groupActions = set(`create_group edit_group_title edit_group_photo delete_group_photo invite_members
	remove_members join_group_by_link create_channel migrate_to_supergroup migrate_from_group pin_message
	clear_history score_in_game send_payment phone_call take_screenshot attach_menu_bot_allowed
	web_app_bot_allowed allow_sending_messages send_passport_values joined_telegram proximity_reached
	requested_phone_number group_call invite_to_group_call set_messages_ttl group_call_scheduled
	edit_chat_theme join_group_by_request send_webview_data send_premium_gift topic_created
	suggest_profile_photo requested_peer gift_code_prize giveaway_launch giveaway_results
	set_chat_wallpaper set_same_chat_wallpaper boost_apply refunded_payment send_stars_gift stars_prize
	send_star_gift`)

func knownAction(m *record) bool {
	_, known := groupActions[m.action]
	return known || m.action == "" && m.information != ""
}

// leaveOut counts a message that is not imported.
func (r *reading) leaveOut(kind string, id int64) {
	r.report.LeftOut++
	r.note(kind, true, id)
}

// note counts something that is not understood.
func (r *reading) note(kind string, leftOut bool, id int64) {
	one := r.odd[kind]
	if one == nil {
		if len(r.odd) >= maxOddities {
			kind = "other"
			one = r.odd[kind]
		}
		if one == nil {
			one = &Oddity{Kind: kind, LeftOut: leftOut}
			r.odd[kind] = one
		}
	}
	one.Count++
	if id != 0 && len(one.Examples) < maxExamples {
		one.Examples = append(one.Examples, id)
	}
}

func (r *reading) oddities() []Oddity {
	var list []Oddity
	for one := range maps.Values(r.odd) {
		list = append(list, *one)
	}
	slices.SortFunc(list, func(a, b Oddity) int { return cmp.Compare(a.Kind, b.Kind) })
	return list
}

// Package desktop reads what Telegram Desktop exports of a group as "machine-readable JSON"
// (result.json) and hands the messages of the group's topics to the transcript. It reads a
// stream: what it keeps of a file of any size is bounded, and what a file does not say, or
// says in a way not known here, is counted and left out, never guessed.
//
// # The format
//
// Source: telegramdesktop/tdesktop, Telegram/SourceFiles/export/output/export_output_json.cpp
// and export/data/export_data_types.cpp. The file of one chat is {name, type, id, messages};
// that of an account holds such chats in chats.list and left_chats.list.
//
//   - id of a chat is the bare positive id of the peer. The Bot API's id of a supergroup is
//     -1000000000000 minus it.
//   - from_id and actor_id are "user…", "channel…" or "chat…" with the bare id. A message of an
//     anonymous administrator has the group itself there. Whether a user is a bot is not told.
//   - text is a string, or a list of strings and {type, text, …}; each part has one format.
//     text_entities is the same text as a list of objects throughout.
//   - control characters are written as \x0B, which is no JSON.
//   - *_unixtime came later than the dates beside it, which are in the local time of the
//     machine that made the export.
//   - a file that was not exported has "(File not included. …)" for its path.
//   - messages of the basic group that a supergroup once was come first, with negative ids.
//   - albums, former texts of edited messages and the usernames of authors are not told.
//
// # Topics
//
// A topic's id is that of its service message topic_created. Which topic a message is in is told
// by reply_to_message_id alone: a plain message of a topic "answers" that service message, an
// answer to somebody's message names that one, and has to be followed to the start; the thread id
// that Telegram's own API gives with it (reply_to_top_id) is not exported. A message without it is
// in General, whose id is 1. So the topic is not known of a message that answers one which was
// deleted since, or is older than the export's first day, or stands in another chat
// (reply_to_peer_id). Of topic_edit (renamed, closed, reopened) nothing tells the topic: a
// title is the one given at creation. pin_message names the pinned message, which has a topic.
// A topic whose creation is not in the file is found if it is known already (Options.Known).
package desktop

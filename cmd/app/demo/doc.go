// Package demo is the stage of "topicpilot demo": a support group that is played on this machine,
// and the page that shows it.
//
// A [Stage] plays what surrounds the bot: Telegram (telegramtest), the mirror that carries messages
// between customers and topics, the Topics API (topicsapitest), Notion (notiontest), a billing system
// and the server of a language model (openaitest) that quotes the articles of the folder knowledge. The
// bot itself is not started here; whoever wires the program starts the real one with [Stage.Settings].
// Nothing but loopback addresses is used.
//
// The mirror is played by its rule and without mercy: what a customer writes is posted into the topic
// by the mirror's account, and whatever anybody else posts or edits there, the bot included, reaches
// the customer's pane unless it starts with "/ " or is a slash command. It knows nothing of topicpilot,
// so a message of ours without the comment mark would be seen in the pane.
package demo

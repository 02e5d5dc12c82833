// Package topics is the domain of topicpilot: conversations in forum topics, who
// speaks in them, the customer behind each, what is kept of them and what we say
// in answer. It owns the rules (who may command, what is a comment, what is kept)
// and the lanes in which every update is handled strictly in order.
//
// It is not a client of anything: Telegram, the Topics API and the databases are
// reached through the small interfaces declared here, and it imports the standard
// library alone.
package topics

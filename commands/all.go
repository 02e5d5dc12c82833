package commands

import (
	"log/slog"
	"maps"
	"time"

	"topicpilot/topics"
)

// Parts are what the commands work with.
type Parts struct {
	Customers Customers
	// Sections are the lines of /info below who the customer is, in their order.
	Sections []InfoSection
	// Links are /link and /unlink.
	Links *Links
	// Own are the team's own commands, OwnTasks carries them out.
	Own      []Command
	OwnTasks topics.TaskHandler

	Notion     NotionParts
	Transcript TranscriptParts
	Find       FindParts
	// AI is the advisor in the topics, made by NewAI; whoever hears the groups tells it.
	AI     *AI
	Forget ForgetParts
	// Log may be nil.
	Log *slog.Logger
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// All lists the commands in the order in which help, menus and docs show them, and the
// handlers of the tasks that they start, by kind. A command is added here and nowhere
// else.
func All(parts Parts) ([]Command, map[string]topics.TaskHandler) {
	if parts.Links == nil {
		parts.Links = &Links{}
	}
	if parts.AI == nil {
		parts.AI = NewAI(AIParts{})
	}
	notion, card := Notion(parts.Notion)
	transcript, exports := Transcript(parts.Transcript)
	forget, erase := Forget(parts.Forget)

	list := []Command{Info(parts), notion}
	list = append(list, parts.Links.Commands()...)
	list = append(list, parts.Own...)
	list = append(list, transcript, parts.AI.Command(), Find(parts.Find), forget, Assist())

	tasks := map[string]topics.TaskHandler{
		TaskCommand: parts.OwnTasks, TaskCard: card, TaskForget: erase, TaskErase: parts.Forget.Erasing,
	}
	maps.Copy(tasks, exports)
	maps.Copy(tasks, parts.AI.Tasks())
	return list, tasks
}

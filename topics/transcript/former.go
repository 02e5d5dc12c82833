package transcript

import (
	"slices"

	"topicpilot/topics"
)

// Former lists the ids that a group had before it became the chat, oldest first. moves
// are all that are known.
func Former(moves []topics.Migrated, chatID int64) []int64 {
	var list []int64
	seen := []int64{chatID}
	for at := chatID; ; {
		i := slices.IndexFunc(moves, func(m topics.Migrated) bool { return m.To == at && !slices.Contains(seen, m.From) })
		if i < 0 {
			slices.Reverse(list)
			return list
		}
		at = moves[i].From
		list, seen = append(list, at), append(seen, at)
	}
}

// Present is the id that a group which was once the chat has now.
func Present(moves []topics.Migrated, chatID int64) int64 {
	for range moves {
		i := slices.IndexFunc(moves, func(m topics.Migrated) bool { return m.From == chatID })
		if i < 0 {
			break
		}
		chatID = moves[i].To
	}
	return chatID
}

package desktop

import (
	"fmt"
	"strconv"
	"strings"

	"topicpilot/topics"
)

// supergroupBase is what the Bot API adds to the bare id of a supergroup, which is below
// that. Source: tdlib/td, telegram/DialogId.h.
const supergroupBase = 1_000_000_000_000

// maxChats bounds the groups that are listed.
const maxChats = 100

// header is what stands before the messages of a chat.
type header struct {
	name, kind string
	id         int64
}

// chatID is the chat's id in the Bot API, 0 for what is no supergroup's.
func (h *header) chatID() int64 {
	id := h.id
	if id < -supergroupBase { // written by another program
		id = -supergroupBase - id
	}
	if id <= 0 || id >= supergroupBase {
		return 0
	}
	return -supergroupBase - id
}

func (h *header) supergroup() bool {
	return strings.HasSuffix(h.kind, "_supergroup") && h.chatID() != 0
}

func (h *header) chat() Chat { return Chat{ID: h.chatID(), Name: h.name} }

// root reads the file's only value: a chat, or an account with chats.
func (r *reading) root() error {
	if err := r.in.start(); err != nil {
		return err
	}
	var h header
	return r.in.object(func(key string) error {
		switch key {
		case "chats", "left_chats":
			r.chats = true
			return r.chatList()
		case "messages":
			r.chats = true
			return r.onlyChat(&h)
		}
		return r.headerField(&h, key)
	})
}

func (r *reading) headerField(h *header, key string) error {
	switch key {
	case "name":
		return r.lenient(&h.name)
	case "type":
		return r.lenient(&h.kind)
	case "id":
		var text string
		if err := r.lenient(&text); err != nil {
			return err
		}
		h.id, _ = strconv.ParseInt(text, 10, 64)
		return nil
	}
	return r.in.skip()
}

func (r *reading) chatList() error {
	c, err := r.in.peek()
	if err != nil {
		return err
	}
	if c != '{' {
		return r.in.skip()
	}
	return r.in.object(func(key string) error {
		c, err := r.in.peek()
		if err != nil {
			return err
		}
		if key != "list" || c != '[' {
			return r.in.skip()
		}
		return r.in.array(r.oneOfMany)
	})
}

// oneOfMany reads a chat of an account's export: it is skipped unless it was asked for.
func (r *reading) oneOfMany() error {
	c, err := r.in.peek()
	if err != nil {
		return err
	}
	if c != '{' {
		return r.in.skip()
	}
	var h header
	return r.in.object(func(key string) error {
		if key != "messages" {
			return r.headerField(&h, key)
		}
		if !h.supergroup() {
			return r.in.skip()
		}
		if len(r.found) < maxChats {
			r.found = append(r.found, h.chat())
		}
		group, ok := r.Group(h.chatID())
		if r.GroupID == 0 || !ok || !r.wanted(group, h.chatID()) {
			return r.in.skip()
		}
		return r.messages(group, h.chat())
	})
}

// wanted tells whether the chat is the one that was asked for, by its present or its
// former id.
func (r *reading) wanted(group *topics.Group, chatID int64) bool {
	asked, ok := r.Group(r.GroupID)
	return r.GroupID == chatID || ok && asked == group
}

// onlyChat reads the export of one chat, which has to be the right one.
func (r *reading) onlyChat(h *header) error {
	switch {
	case h.kind == "" || h.id == 0:
		return &ChatError{Reason: `the messages come before the chat's "type" and "id"; ` +
			"give the file as Telegram Desktop has written it"}
	case h.chatID() == 0:
		return &ChatError{Reason: fmt.Sprintf("the file holds a chat with the id %d, which no group has", h.id)}
	case !h.supergroup():
		return &ChatError{Reason: fmt.Sprintf("the file holds a chat of type %s; "+
			"export the support group, which is a supergroup with topics", cleanName(h.kind))}
	}
	group, ok := r.Group(h.chatID())
	if !ok {
		return &ChatError{Reason: fmt.Sprintf("the file holds group %d, which is not in the settings; "+
			"add it to groups[], or give the export of another group", h.chatID()), Groups: []Chat{h.chat()}}
	}
	if r.GroupID != 0 && !r.wanted(group, h.chatID()) {
		return &ChatError{Reason: fmt.Sprintf("the file holds group %d, not %d; leave --group out, "+
			"or give the other group's export", h.chatID(), r.GroupID), Groups: []Chat{h.chat()}}
	}
	return r.messages(group, h.chat())
}

// missed says what is wrong with a file that was read to its end without a group.
func (r *reading) missed() error {
	switch {
	case r.group != nil:
		return nil
	case !r.chats:
		return &ChatError{Reason: "this is no export of Telegram Desktop: it holds no chat; " +
			"give the result.json of the export (format: machine-readable JSON)"}
	case r.GroupID == 0:
		return &ChatError{
			Reason: "this is the export of a whole account; say which group with --group", NeedsGroup: true, Groups: r.found,
		}
	}
	return &ChatError{
		Reason: fmt.Sprintf("the export of this account does not hold group %d", r.GroupID), Groups: r.found,
	}
}

package telegram

import (
	"strconv"
	"strings"

	"github.com/mymmrac/telego"

	"topicpilot/topics"
)

// media lists what a message carries besides text. Telegram repeats some kinds under an older
// name for old clients (an animation also as a document, a venue as a location, a live photo as a
// photo); only the exact kind is listed.
func media(m *telego.Message) []topics.Media {
	if one := fileMedia(m); one != nil {
		return []topics.Media{*one}
	}
	if one := placeMedia(m); one != nil {
		return []topics.Media{*one}
	}
	if one := otherMedia(m); one != nil {
		return []topics.Media{*one}
	}
	return nil
}

func fileMedia(m *telego.Message) *topics.Media {
	switch {
	case m.LivePhoto != nil:
		f := m.LivePhoto
		return &topics.Media{
			Kind: "live_photo", FileID: f.FileID, FileUniqueID: f.FileUniqueID, MIME: f.MimeType, Size: f.FileSize,
		}
	case len(m.Photo) > 0:
		f := largestPhoto(m.Photo)
		return &topics.Media{Kind: "photo", FileID: f.FileID, FileUniqueID: f.FileUniqueID, Size: int64(f.FileSize)}
	case m.Animation != nil:
		f := m.Animation
		return file("animation", f.FileID, f.FileUniqueID).named(f.FileName, f.MimeType, f.FileSize)
	case m.Video != nil:
		f := m.Video
		return file("video", f.FileID, f.FileUniqueID).named(f.FileName, f.MimeType, f.FileSize)
	case m.Audio != nil:
		f := m.Audio
		out := file("audio", f.FileID, f.FileUniqueID).named(f.FileName, f.MimeType, f.FileSize)
		out.Note = joined(" – ", f.Performer, f.Title)
		return out
	case m.Document != nil:
		f := m.Document
		return file("document", f.FileID, f.FileUniqueID).named(f.FileName, f.MimeType, f.FileSize)
	case m.Voice != nil:
		f := m.Voice
		return file("voice", f.FileID, f.FileUniqueID).named("", f.MimeType, f.FileSize)
	case m.VideoNote != nil:
		f := m.VideoNote
		return file("video_note", f.FileID, f.FileUniqueID).named("", "", int64(f.FileSize))
	case m.Sticker != nil:
		f := m.Sticker
		out := file("sticker", f.FileID, f.FileUniqueID).named("", "", int64(f.FileSize))
		out.Note = f.Emoji
		return out
	}
	return nil
}

type fileRef topics.Media

func file(kind, id, uniqueID string) *fileRef {
	return &fileRef{Kind: kind, FileID: id, FileUniqueID: uniqueID}
}

func (f *fileRef) named(name, mime string, size int64) *topics.Media {
	f.FileName, f.MIME, f.Size = name, mime, size
	return (*topics.Media)(f)
}

func largestPhoto(sizes []telego.PhotoSize) telego.PhotoSize {
	best := sizes[0]
	for _, s := range sizes[1:] {
		if s.Width*s.Height >= best.Width*best.Height {
			best = s
		}
	}
	return best
}

func placeMedia(m *telego.Message) *topics.Media {
	switch {
	case m.Venue != nil:
		note := joined(", ", m.Venue.Title, m.Venue.Address, coordinates(m.Venue.Location))
		return &topics.Media{Kind: "venue", Note: note}
	case m.Location != nil:
		return &topics.Media{Kind: "location", Note: coordinates(*m.Location)}
	case m.Contact != nil:
		c := m.Contact
		return &topics.Media{Kind: "contact", Note: joined(" ", c.FirstName, c.LastName, c.PhoneNumber)}
	case m.Dice != nil:
		return &topics.Media{Kind: "dice", Note: m.Dice.Emoji + " " + strconv.Itoa(m.Dice.Value)}
	}
	return nil
}

func otherMedia(m *telego.Message) *topics.Media {
	switch {
	case m.Poll != nil:
		lines := []string{m.Poll.Question}
		for _, o := range m.Poll.Options {
			lines = append(lines, "- "+o.Text)
		}
		return &topics.Media{Kind: "poll", Note: strings.Join(lines, "\n")}
	case m.Checklist != nil:
		lines := []string{m.Checklist.Title}
		for _, t := range m.Checklist.Tasks {
			lines = append(lines, "- "+t.Text)
		}
		return &topics.Media{Kind: "checklist", Note: strings.Join(lines, "\n")}
	case m.Story != nil:
		return &topics.Media{Kind: "story", Note: joined(" ", m.Story.Chat.Title, m.Story.Chat.FirstName)}
	case m.PaidMedia != nil:
		return &topics.Media{Kind: "paid_media", Note: strconv.Itoa(m.PaidMedia.StarCount) + " ⭐"}
	case m.Game != nil:
		return &topics.Media{Kind: "game", Note: m.Game.Title}
	case m.Invoice != nil:
		return &topics.Media{Kind: "invoice", Note: m.Invoice.Title}
	case m.Giveaway != nil:
		return &topics.Media{Kind: "giveaway", Note: m.Giveaway.PrizeDescription}
	case m.GiveawayWinners != nil:
		return &topics.Media{Kind: "giveaway_winners", Note: m.GiveawayWinners.PrizeDescription}
	case m.RichMessage != nil:
		return &topics.Media{Kind: "unsupported", Note: "rich_message"}
	}
	return nil
}

func coordinates(l telego.Location) string {
	return strconv.FormatFloat(l.Latitude, 'f', -1, 64) + ", " + strconv.FormatFloat(l.Longitude, 'f', -1, 64)
}

// joined joins what is not empty.
func joined(separator string, parts ...string) string {
	kept := parts[:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, separator)
}

package advice_test

import (
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/advice"
)

// TestTalkWaiting: since when the customer waits for a draft.
func TestTalkWaiting(t *testing.T) {
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	answers := func(question int64, at int) *topics.Draft {
		return &topics.Draft{QuestionID: question, At: minute(at)}
	}
	elsewhere := answers(500, 2)
	elsewhere.ChatID = -50
	three := []topics.Message{at(0, 1, customer, "one?"), at(2, 2, customer, "two?"), at(4, 3, customer, "three?")}
	changed := []topics.Message{edited(at(0, 1, customer, "one?"), 8)}
	for name, tt := range map[string]struct {
		messages []topics.Message
		drafted  *topics.Draft
		want     time.Time
	}{
		"no draft":                     {three, nil, minute(0)},
		"a draft of the first":         {three, answers(1, 1), minute(2)},
		"a draft of all":               {three, answers(3, 4), time.Time{}},
		"a draft of another chat":      {three, elsewhere, minute(4)},
		"other words":                  {changed, nil, minute(0)},
		"other words since the draft":  {changed, answers(1, 2), minute(2)},
		"other words before the draft": {changed, answers(1, 9), time.Time{}},
		"a silence":                    {append([]topics.Message{at(-6, 7, customer, "zero?")}, three...), nil, minute(0)},
		"answered":                     {append([]topics.Message{at(-1, 7, operator, "zero.")}, three...), nil, minute(0)},
		"other words since it was answered": {
			[]topics.Message{edited(at(0, 1, customer, "one?"), 8), at(5, 2, operator, "one.")}, nil, minute(5),
		},
	} {
		t.Run(name, func(t *testing.T) {
			talk := advice.ReadTalk(tt.messages, nil, advice.TalkOptions{
				Now: noon.Add(time.Hour), Pause: 5 * time.Minute, Drafted: tt.drafted,
			})
			if !talk.WaitingAt.Equal(tt.want) {
				t.Errorf("waits since %v, want %v", talk.WaitingAt, tt.want)
			}
		})
	}
}

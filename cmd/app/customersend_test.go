package app_test

import (
	"testing"

	"topicpilot/cmd/app"
	"topicpilot/integrations/telegram/telegramtest"
)

const customerToken = "555000111:AAcustomers-bot-of-the-tests-0000000"

// TestDoctorLooksAtTheCustomersBot: its token is asked for where it is used, and named where it is
// refused.
func TestDoctorLooksAtTheCustomersBot(t *testing.T) {
	t.Parallel()
	send := []string{"    customer_send: bot", "    customer_bot_token: " + customerToken}
	for _, test := range []struct {
		name   string
		more   []string
		known  bool
		status app.Status
		want   []string
	}{
		{"well", send, true, app.StatusOK, []string{"customer bot (groups[0].customer_bot_token)", "@shop_bot"}},
		{
			"refused", send, false, app.StatusFault,
			[]string{"Telegram refuses the token", "set groups[0].customer_bot_token", "@BotFather"},
		},
		{"not used", []string{"    customer_send: topic"}, false, app.StatusOK, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStage(t, telegramtest.Options{}, test.more...)
			if test.known {
				_, err := s.tg.AddBot(telegramtest.Options{
					Token: customerToken, Bot: telegramtest.User{ID: 555000111, FirstName: "Shop", Username: "shop_bot"},
				})
				s.must(err)
			}
			list := s.examine(false)
			s.holds(of(list, test.status), test.want...)
			for _, f := range list {
				s.lacks(f.String(), customerToken)
				if len(test.want) == 0 {
					s.lacks(f.String(), "customer bot")
				}
			}
			if faults := of(list, app.StatusFault); (faults != "") != (test.status == app.StatusFault) {
				t.Errorf("faults:\n%s", faults)
			}
		})
	}
}

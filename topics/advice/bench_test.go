package advice_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"topicpilot/topics/advice"
)

// BenchmarkAdvise is our own share of an answer: a model that takes no time, eight chunks, a
// talk of twenty turns, everything masked.
func BenchmarkAdvise(b *testing.B) {
	var known finds
	var claims []claim
	var said []string
	for i := range 8 {
		text := fmt.Sprintf("Article %d. ",
			i) + strings.Repeat("Резервные копии хранятся 30 дней. Refunds are issued within 14 days. ", 10)
		known = append(known, hit(fmt.Sprintf("chunk-%d", i), "Тарифы › Возврат", text))
		sentence := fmt.Sprintf("Резервные копии хранятся 30 дней, возврат номер %d — в течение 14 дней.", i)
		said = append(said, sentence)
		claims = append(claims, claim{
			sentence, fmt.Sprintf("chunk-%d", i),
			"Резервные копии хранятся 30 дней. Refunds are issued",
		})
	}
	q := advice.Question{
		Text: "Здравствуйте! Мой номер +380 67 123 45 67, заказ 12345. Сколько хранятся резервные копии и когда возврат?",
		Customer: &advice.Card{
			Name: "Анна", Username: "anna", Phone: "380671234567", Language: "ru",
			Accounts: []string{"N005"},
		},
		Summary: strings.Repeat("2026-10-01 как оплатить? → картой. ", 15),
	}
	for i := range 20 {
		q.Turns = append(q.Turns, advice.Turn{
			From: []string{"customer", "operator"}[i%2],
			Text: strings.Repeat("Не приходит письмо на ann@mail.example, что делать? ", 4),
		})
	}
	a := advice.New(advice.Options{
		Model: says(answered(strings.Join(said, "\n"), claims...)),
		Meter: advice.NewMeter(advice.MeterOptions{
			Timeout: time.Minute, Log: slog.New(slog.DiscardHandler),
			Now: time.Now,
		}),
		Knowledge: known, Threshold: 0.5, Mask: true, Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Advise(b.Context(), q); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/op")
}

// BenchmarkReadTalk reads a talk of 200 messages.
func BenchmarkReadTalk(b *testing.B) {
	list := longTalk(200)
	b.ReportAllocs()
	for b.Loop() {
		if talk := readAt(list); talk.QuestionID == 0 {
			b.Fatal("no question")
		}
	}
}

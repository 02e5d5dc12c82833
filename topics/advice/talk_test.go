package advice_test

import (
	"testing"

	"topicpilot/topics/advice"
)

func TestSmallTalk(t *testing.T) {
	for _, text := range []string{
		"", "👍", "❤️🙏", "...", "?!", "Hi", "hello!!", "Hellooooo", "Thank you very much", "thx", "ok", "OK, got it", "bye",
		"Good morning", "have a nice day!", "thanks for your help", "hi, how are you?", "no problem", "haha",
		"Привет", "привеееет!!", "Добрый день", "спасибо большое", "Спасибо за помощь 🙏", "понял, спасибо", "до свидания",
		"ок", "всё понятно, спасибо!", "как дела?", "Здравствуйте, вы тут?", "да", "нет, спасибо", "ахахаха", ":)",
		"не за что",
		"Привіт", "дякую!!!", "Щиро дякую за допомогу", "добрий день", "гаразд", "до побачення", "гарного дня",
		"на все добре",
		"It works, thank you!", "Yes please.", "That helped, thanks", "Спасибо, всё заработало", "Да, пожалуйста",
		"Good morning, how are you?", "Hi there, are you there?", "Добрый день, вы тут?", "Доброго дня! Як справи?", "OK?",
		"помогло, спасибо", "Дякую, все запрацювало", "Так, будь ласка",
	} {
		if !advice.SmallTalk(text) {
			t.Errorf("%q is small talk", text)
		}
	}
	for _, text := range []string{
		"Привет, не работает почта", "hi, my site is down", "thanks, and the invoice?", "help", "Hi, help", "не понял",
		"спасибо, а что с оплатой", "ок, сколько стоит?", "Добрий день, не працює сайт", "дякую, а рахунок?", "how",
		"refund", "500", "N005", "no", "hello 12345", "день", "вам", "Здравствуйте, помощь нужна",
		"Have you got it?", "Is it ok to have so many?", "is all ok?", "Так до вас?", "добрый день, до вечера?",
		"is it good for that day and night?", "have you got that for all？", "good morning. is it it?", "ок до ночи?",
		"it works?", "it does not work", "всё не работает", "как это работает", "работает?", "вже не працює",
		"it works with PHP 8",
	} {
		if advice.SmallTalk(text) {
			t.Errorf("%q is none", text)
		}
	}
}

func TestAddressed(t *testing.T) {
	call := []string{"ai", "ии", "hey bot"}
	for text, want := range map[string]string{
		"ai how much": "how much", "AI, how…": "how…", "Ai: how?": "how?", "  ai!": "", "ai": "", "AI\nhow": "how",
		"ИИ, сколько": "сколько", "Hey Bot — hi": "hi", "ai - how": "how", "ai...what": "what", "\u200bai,how": "how",
		"ai. How": "How", "ai-": "",
	} {
		if got, ok := advice.Addressed(text, call); !ok || got != want {
			t.Errorf("%q: %q %v, want %q", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"aim high", "ai.example is down", "ai-made", "AI's", "the ai", "", "иискать", "hey, bot", "a", "ai_x", "ai5",
		"/ai how",
	} {
		if got, ok := advice.Addressed(text, call); ok || got != "" {
			t.Errorf("%q: %q", text, got)
		}
	}
	if _, ok := advice.Addressed("anything", []string{"", " "}); ok {
		t.Error("addressed by nothing")
	}
}

func TestLikeness(t *testing.T) {
	const text = "Refunds are issued within 14 days after the payment, to the same card."
	for other, near := range map[string]bool{
		text: true, "refunds are issued within 14 days after the payment - to the same card": true,
		"Hi! Refunds are issued within 14 days after the payment, to the same card": true,
		"Refunds are isued witin 14 days after the paymnt, to the same card":        true,
		"Refunds are issued within 30 minutes":                                      false,
		"Please restart the router":                                                 false, "": false, "👍": false,
	} {
		got := advice.Likeness(text, other)
		if got >= 0.8 != near || got != advice.Likeness(other, text) || got < 0 || got > 1 {
			t.Errorf("%q: %v", other, got)
		}
	}
	if advice.Likeness("👍", "👍") != 1 || advice.Likeness("", "") != 0 || advice.Likeness(text, text) != 1 {
		t.Error("the same is the same, nothing is like nothing")
	}
}

func TestLanguageOf(t *testing.T) {
	for _, tt := range []struct{ text, card, want string }{
		{"How do I renew a domain?", "", "en"},
		{"How do I renew a domain?", "de", "en"},
		{
			"Wie verlängere ich?", "de-AT",
			"de",
		},
		{"invoice pls", "uk", "en"},
		{"Как продлить домен?", "uk", "ru"},
		{"не работает почта", "", "ru"},
		{"Як подовжити домен?", "ru", "uk"},
		{"привет", "uk", "ru"},
		{"привіт", "ru", "uk"},
		{"дякую", "ru", "uk"},
		{"можна без картки", "", "uk"},
		{"оплата домена", "uk", "uk"},
		{"оплата домена", "", "ru"},
		{"Здравейте", "bg", "bg"},
		{"שלום", "", "he"},
		{"ドメインの更新", "", "ja"},
		{"123", "ru", ""},
		{"", "", ""},
	} {
		if got := advice.LanguageOf(tt.card, tt.text); got != tt.want {
			t.Errorf("%q (%s): %q, want %q", tt.text, tt.card, got, tt.want)
		}
	}
	if got := advice.LanguageOf("en", "123?", "Дякую, а рахунок?", "Привет"); got != "uk" {
		t.Errorf("by the turn before: %q", got)
	}
}

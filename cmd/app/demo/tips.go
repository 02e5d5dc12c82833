package demo

// tip is one of the things to try. What it needs can be prepared with one click: the topic is opened,
// the text stands in the composer, the fault is on; the visitor sends it.
type tip struct {
	Title, Text string
	// Topic is a part of its title, As a person's name or asCustomer, Fault a switch or "". Each line of
	// what a customer writes is a message of its own.
	Topic, As, Write, Fault string
}

// tips are tips of one kind.
type tips struct {
	Title string
	Tips  []tip
}

const asCustomer = "Customer"

const emmaTopic = "Emma Wilson"

func allTips() []tips {
	return []tips{
		{"Who sees what", tipsOfTalk()},
		{"What the commands do", tipsOfWork()},
		{"The advisor", append(tipsOfDrafts(), tipsOfLimits()...)},
	}
}

// tipsOfTalk are about who sees what.
func tipsOfTalk() []tip {
	return []tip{
		{
			Title: "The customer’s card.", Topic: emmaTopic, As: "Olga", Write: "/info",
			Text: "In Emma’s topic, as Olga, send /info. The card arrives as an internal comment; the phone does not show it.",
		},
		{
			Title: "A customer cannot give commands.", Topic: emmaTopic, As: "Guest", Write: "/info",
			Text: "Write /info on the phone: a customer’s text like any other, nothing runs. As Guest: a short refusal.",
		},
		{
			Title: "What reaches the customer.", Topic: emmaTopic, As: "Max", Write: "Yes, a year in advance is possible.",
			Text: "As Max, a plain answer: the phone shows it, the square turns yellow. “/ note to self” stays in the team.",
		},
		{
			Title: "A system that does not answer.", Topic: "Lukas Brandt", As: "Olga", Write: "/info",
			Text: "Send /info in Lukas’s topic: billing hangs for him, which costs one line of the card, not the card.",
		},
		{
			Title: "The Topics API fails.", Topic: emmaTopic, As: "Olga", Write: "/info", Fault: faultAPIDown,
			Text: "With it down, wait a quarter of a minute and press Refresh under Emma’s card: it names its age.",
		},
	}
}

// tipsOfWork are about what the commands do elsewhere.
func tipsOfWork() []tip {
	return []tip{
		{
			Title: "An action, once.", Topic: emmaTopic, As: "Olga", Write: "/activate t1 m6",
			Text: "Send /activate t1 m6 and double-click “Do it”. Billing has one effect, the customer is told once.",
		},
		{
			Title: "A lost answer.", Topic: emmaTopic, As: "Olga", Write: "/activate t2 m3", Fault: faultBillingLost,
			Text: "Billing acts, its answer never comes: unknown. “Check again” finds out; “Do it again” has the same key.",
		},
		{
			Title: "A card in Notion.", Topic: emmaTopic, As: "Olga", Write: "/notion",
			Text: "Send /notion, set tags under “Advisor & systems”, send it again: the answer reads them, and it is one card.",
		},
		{
			Title: "Whose account?", Topic: emmaTopic, As: "Olga", Write: "/link N005",
			Text: "Billing knows N005, so it is linked; N999 is refused. /info shows the account from then on.",
		},
		{
			Title: "The talk as a file.", Topic: emmaTopic, As: "Olga", Write: "/transcript",
			Text: "Open the file from its message. /transcript notion writes the same on the customer’s card.",
		},
		{
			Title: "Find what was said.", Topic: emmaTopic, As: "Olga", Write: "/find invoices",
			Text: "The dates of the hits lead to the messages. In General, Iryna searches the whole group.",
		},
		{
			Title: "Forget a customer.", Topic: emmaTopic, As: "Iryna", Write: "/forget",
			Text: "As Iryna, confirm. The receipt counts what went; /find has nothing any more, the card is in the trash.",
		},
	}
}

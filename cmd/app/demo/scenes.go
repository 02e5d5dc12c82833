package demo

// scenes are the topics in the order of the page. All of it is invented; the phone numbers and
// addresses are of the ranges kept for examples.
func scenes() []scene {
	return []scene{emma(), oleksandr(), maria(), lukas(), dmytro(), resellers(), anna()}
}

func emma() scene {
	return scene{
		title: "Emma Wilson", status: statusWaiting, color: 7322096,
		customer: customer{
			ID: 810001, FirstName: "Emma", LastName: "Wilson", Username: "emma_wilson", Language: "en",
			Phone: "+44 7700 900123", Balance: "24.50 EUR", Tariff: "Sprout",
		},
		lines: []line{
			says(62*minute, "Hi! We moved to the Sprout plan yesterday, but the invoice still shows Seed."),
			tells(58*minute, olgaID, "Hello Emma, thanks for writing. Let me look at your invoice."),
			tells(57*minute, olgaID, "/ the plan was switched after the billing run, see #4821"),
			tells(51*minute, olgaID, "The invoice was made an hour before the switch. You will get a corrected one today."),
			says(12*minute, "Great, thank you! One more thing: can I pay for a year in advance?"),
		},
	}
}

func oleksandr() scene {
	return scene{
		title: "Олександр Коваленко", status: statusAnswered, color: 9367192,
		customer: customer{
			ID: 810002, FirstName: "Олександр", LastName: "Коваленко", Username: "okovalenko", Language: "uk",
			Phone: "+380 44 000 0102", Balance: "6.20 EUR", Tariff: "Seed",
		},
		lines: []line{
			says(140*minute, "Доброго дня! Хочу перенести домен kovalenko.example до вас. Що для цього потрібно?"),
			tells(133*minute, maxID, "Вітаю, Олександре! Потрібен код перенесення від теперішнього реєстратора."),
			says(120*minute, "Код отримав. Куди його надіслати?"),
			tells(118*minute, maxID, "Вставте його в кабінеті: Домени → Перенести. Перенесення триває 5–7 днів."),
			tells(117*minute, maxID, "/ the domain unlocks on Friday, look again then"),
		},
	}
}

func maria() scene {
	return scene{
		title: "Мария Соколова", status: statusWaiting, color: 16749490,
		customer: customer{
			ID: 810003, FirstName: "Мария", LastName: "Соколова", Language: "ru", Balance: "7.20 EUR", Tariff: "Sprout",
		},
		lines: []line{
			says(95*minute, "Здравствуйте! С утра не приходят письма на info@sokolova.example"),
			{ago: 90 * minute, by: mirrorID, text: "Вот ответ сервера", file: "bounce.txt"},
			tells(80*minute, olgaID, "/ MX still points to the old host, DNS team is on it"),
			tells(78*minute, olgaID, "Мария, здравствуйте! Проверяю почтовый сервер, вернусь с ответом в течение часа."),
			says(33*minute, "Подскажите, пожалуйста, есть новости?"),
		},
	}
}

func lukas() scene {
	return scene{
		title: "Lukas Brandt", status: statusAnswered, color: 13338331,
		note: "the billing system never answers about this customer",
		customer: customer{
			ID: 7912345678, FirstName: "Lukas", LastName: "Brandt", Username: "lbrandt", Language: "de",
			Phone: "+49 30 23125 000", Slow: true,
		},
		lines: []line{
			says(230*minute, "Hello, is it possible to add a second IPv4 address to my VPS?"),
			tells(221*minute, maxID, "Yes, one more address costs 2 EUR a month. Shall I add it?"),
			says(215*minute, "Yes please."),
			tells(204*minute, maxID, "Done. The address is 203.0.113.40, it works after the next reboot."),
		},
	}
}

func dmytro() scene {
	return scene{
		title: "Дмитро Шевчук", status: statusWaiting, color: 16478047,
		customer: customer{
			ID: 810005, FirstName: "Дмитро", LastName: "Шевчук", Username: "dshevchuk", Language: "uk",
			Phone: "+380 44 000 0105", Balance: "-3.10 EUR", Tariff: "Grove",
		},
		lines: []line{
			says(24*minute, "Добрий день! Після оновлення плагінів замість сайту біла сторінка. Допоможете?"),
			says(23*minute, "У журналі: Allowed memory size exhausted"),
		},
	}
}

func resellers() scene {
	return scene{
		title: "Resellers UA", status: statusAnswered, chat: true, color: 16766590,
		customer: customer{ID: 810006, FirstName: "Petro", Language: "en"},
		lines: []line{
			{ago: 310 * minute, by: mirrorID, name: "Petro", text: "Good morning! When will the new price list be out?"},
			{ago: 308 * minute, by: mirrorID, name: "Ihor", text: "Our clients ask as well."},
			tells(300*minute, irynaID, "Good morning! It comes out on Thursday, resellers get it a day earlier."),
		},
	}
}

func anna() scene {
	return scene{
		title: "Anna Kowalska", status: statusClosed, color: 7322096,
		customer: customer{
			ID: 810007, FirstName: "Anna", LastName: "Kowalska", Username: "ankow", Language: "pl",
			Phone: "+48 22 000 01 07", Balance: "0.00 EUR", Tariff: "Seed",
		},
		lines: []line{
			says(1090*minute, "Hi, how do I switch on two-factor login?"),
			tells(1081*minute, olgaID, "Hello Anna! Profile → Security → Two-factor, then scan the code with your app."),
			says(1075*minute, "Thank you!"),
		},
	}
}

// general is what the team said in General.
func general() []line {
	return []line{
		tells(400*minute, irynaID, "Good morning! Olga is on until 18:00, Max takes the evening."),
		tells(398*minute, maxID, "Fine with me."),
		tells(70*minute, olgaID, "Mail of one customer bounces, I keep you posted in the topic."),
	}
}

package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"topicpilot/cmd/load/stage"
)

// exported is what a made-up export holds.
type exported struct {
	Messages int64 // of topics, Telegram's own lines among them
	General  int64
	Topics   int64
	Bytes    int64
}

// The people of the made-up group, besides the mirror.
const exportOperators = 12

// activeTopics is how many conversations go on at a time.
const activeTopics = 400

// exportWriter writes a result.json as Telegram Desktop does, of a support group that people write to in
// three languages. The same seed gives the same file.
type exportWriter struct {
	w    *bufio.Writer
	rand *rand.Rand
	exported
	id   int64
	at   time.Time
	open []exportTopic
	err  error
}

type exportTopic struct {
	root, last int64
	language   int
}

// writeExport writes at least size bytes.
func writeExport(w io.Writer, group, size int64) (exported, error) {
	e := &exportWriter{
		w: bufio.NewWriterSize(w, 1<<20), rand: rand.New(rand.NewPCG(1, 2)), //nolint:gosec // chance, not secrecy
		id: 1, at: time.Date(2023, 1, 1, 8, 0, 0, 0, time.UTC),
	}
	bare := -group - 1_000_000_000_000
	e.print("{\n \"name\": \"Support\",\n \"type\": \"private_supergroup\",\n \"id\": %d,\n \"messages\": [", bare)
	e.service(`"action": "create_channel",`, "\n   \"title\": \"Support\",")
	e.General++
	for e.Bytes < size && e.err == nil {
		e.step()
	}
	e.print("\n ]\n}\n")
	if e.err == nil {
		e.err = e.w.Flush()
	}
	if e.err != nil {
		return e.exported, fmt.Errorf("write the export: %w", e.err)
	}
	return e.exported, nil
}

func (e *exportWriter) print(format string, args ...any) {
	n, err := fmt.Fprintf(e.w, format, args...)
	e.Bytes += int64(n)
	if err != nil {
		e.err = err
	}
}

// step writes what happens next in the group.
func (e *exportWriter) step() {
	e.id += 1 + e.rand.Int64N(2) // some were deleted since
	e.at = e.at.Add(time.Duration(e.rand.IntN(90)) * time.Second)
	chance := e.rand.IntN(100)
	switch {
	case len(e.open) == 0 || chance < 3:
		e.topic()
	case chance < 5:
		e.message(exportTopic{}, 0)
		e.General++
	case chance < 6:
		t := e.open[e.rand.IntN(len(e.open))]
		e.service(`"action": "pin_message",`, fmt.Sprintf("\n   \"message_id\": %d,", t.last))
		e.Messages++
	default:
		i := e.rand.IntN(len(e.open))
		t := e.open[i]
		reply := t.root
		if e.rand.IntN(4) == 0 {
			reply = t.last
		}
		e.message(t, reply)
		e.open[i].last = e.id
		e.Messages++
	}
}

func (e *exportWriter) topic() {
	name := customerNames[e.rand.IntN(len(customerNames))]
	e.service(`"action": "topic_created",`, fmt.Sprintf("\n   \"title\": \"%s %d\",", name, e.id))
	t := exportTopic{root: e.id, last: e.id, language: e.rand.IntN(3)}
	if len(e.open) < activeTopics {
		e.open = append(e.open, t)
	} else {
		e.open[e.rand.IntN(activeTopics)] = t
	}
	e.Topics++
	e.Messages++
}

func (e *exportWriter) head(kind string) {
	if e.General+e.Messages > 0 {
		e.print(",")
	}
	e.print("\n  {\n   \"id\": %d,\n   \"type\": \"%s\",\n   \"date\": \"%s\",\n   \"date_unixtime\": \"%d\",",
		e.id, kind, e.at.Format("2006-01-02T15:04:05"), e.at.Unix())
}

func (e *exportWriter) service(action, more string) {
	e.head("service")
	e.print("\n   \"actor\": \"Mirror\",\n   \"actor_id\": \"user%d\",\n   %s%s\n   \"text\": \"\",\n"+
		"   \"text_entities\": []\n  }", stage.MirrorID, action, more)
}

func (e *exportWriter) message(t exportTopic, reply int64) {
	e.head("message")
	if e.rand.IntN(25) == 0 {
		edited := e.at.Add(time.Minute)
		e.print("\n   \"edited\": \"%s\",\n   \"edited_unixtime\": \"%d\",",
			edited.Format("2006-01-02T15:04:05"), edited.Unix())
	}
	if reply != 0 && e.rand.IntN(2) == 0 {
		e.print("\n   \"from\": \"Mirror\",\n   \"from_id\": \"user%d\",", stage.MirrorID)
	} else {
		who := e.rand.Int64N(exportOperators)
		e.print("\n   \"from\": \"Operator %d\",\n   \"from_id\": \"user%d\",", who, stage.OperatorID+who)
	}
	if reply != 0 {
		e.print("\n   \"reply_to_message_id\": %d,", reply)
	}
	e.media()
	e.text(t.language)
	e.print("\n  }")
}

func (e *exportWriter) media() {
	switch e.rand.IntN(40) {
	case 0, 1, 2:
		e.print("\n   \"photo\": \"photos/photo_%d@01-01-2023_08-00-00.jpg\",\n   \"photo_file_size\": %d,\n"+
			"   \"width\": 960,\n   \"height\": 1280,", e.id, 20_000+e.rand.IntN(200_000))
	case 3:
		e.print("\n   \"file\": \"(File not included. Change data exporting settings to download.)\",\n"+
			"   \"file_name\": \"invoice-%d.pdf\",\n   \"file_size\": %d,\n   \"mime_type\": \"application/pdf\",",
			e.id, 20_000+e.rand.IntN(200_000))
	case 4:
		e.print("\n   \"file\": \"voice_messages/audio_%d.ogg\",\n   \"file_size\": 9000,\n"+
			"   \"media_type\": \"voice_message\",\n   \"mime_type\": \"audio/ogg\",\n   \"duration_seconds\": 7,", e.id)
	}
}

func (e *exportWriter) text(language int) {
	words := exportWords[language]
	var b strings.Builder
	for range 4 + e.rand.IntN(28) {
		b.WriteString(words[e.rand.IntN(len(words))])
		b.WriteByte(' ')
	}
	plain := b.String()
	part := "\n    {\n     \"type\": \"%s\",\n     \"text\": \"%s\"\n    }"
	if e.rand.IntN(6) > 0 {
		e.print("\n   \"text\": \"%s\",\n   \"text_entities\": ["+part+"\n   ]", plain, "plain", plain)
		return
	}
	bold := words[e.rand.IntN(len(words))]
	e.print("\n   \"text\": [\n    \"%s\","+part+",\n    \"\\n?\"\n   ],\n   \"text_entities\": ["+part+","+part+","+part+
		"\n   ]", plain, "bold", bold, "plain", plain, "bold", bold, "plain", "\\n?")
}

var customerNames = []string{
	"Emma Wilson", "Анна Ковальчук", "Иван Петров", "Олексій Шевченко", "John Doe", "Мария Смирнова",
}

var exportWords = [3][]string{
	strings.Fields(`hello please order tariff delivery has not arrived yet when will my the account balance refund a
		payment thank you very much was twice charged card and could tell me number today tomorrow support`),
	strings.Fields(`здравствуйте подскажите пожалуйста заказ тариф доставка ещё не пришёл когда будет мой счёт баланс
		возврат оплата спасибо большое дважды списали карта номер сегодня завтра поддержка и на в`),
	strings.Fields(`добрий день підкажіть будь ласка замовлення тариф доставка ще не прийшло коли буде мій рахунок
		баланс повернення оплата дякую дуже двічі списали картка номер сьогодні завтра підтримка та на в`),
}

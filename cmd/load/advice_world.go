package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"topicpilot/cmd/load/proc"
	"topicpilot/cmd/load/stage"
	"topicpilot/integrations/openai/openaitest"
	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
	"topicpilot/topics/topicsapi/topicsapitest"
)

const adviceGroup int64 = -1002101424779

// advicePlace is what a row is built of and in.
type advicePlace struct {
	pilot  string // topicpilot's binary
	dir    string
	stderr io.Writer
	topics int
}

// adviceWorld is what the bot talks to, and the times of each question.
type adviceWorld struct {
	advicePlace
	tg      *telegramtest.Server
	api     *topicsapitest.Server
	model   *openaitest.Server
	url     string
	threads []int

	mu    sync.Mutex
	asked map[string]*adviceTimes
	// latest are the last questions of the topics: a draft answers the latest.
	latest map[int]*adviceTimes
}

// adviceTimes are those of one question: when it was written, how long the model had it, and
// when its drafts came.
type adviceTimes struct {
	asked  time.Time
	model  time.Duration
	calls  int
	drafts []time.Time
}

func newAdviceWorld(c *adviceCmd, at advicePlace) (*adviceWorld, error) {
	w := &adviceWorld{
		advicePlace: at, api: topicsapitest.New(), asked: map[string]*adviceTimes{}, latest: map[int]*adviceTimes{},
		tg: telegramtest.New(telegramtest.Options{KeepCalls: -1, KeepUpdates: 10_000}),
	}
	w.model = openaitest.New(openaitest.Options{Keep: -1, Script: w.answer(c.Model)})
	if err := errors.Join(w.open(), w.people(), w.articles(c.Articles)); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *adviceWorld) open() error {
	var err error
	if w.url, err = w.tg.Start("127.0.0.1:0"); err != nil {
		return err
	}
	w.api.SetToken(stage.APIToken)
	return errors.Join(w.api.Start("127.0.0.1:0"), w.model.Start("127.0.0.1:0"))
}

func (w *adviceWorld) people() error {
	member := func(id int64, name string) telegramtest.Member {
		return telegramtest.Member{
			User: telegramtest.User{ID: id, FirstName: name}, Status: telegramtest.Administrator,
			Rights: telegramtest.Rights{ManageTopics: true},
		}
	}
	err := w.tg.AddGroup(telegramtest.Group{
		ID: adviceGroup, Title: "Support", IsForum: true,
		Members: []telegramtest.Member{member(stage.MirrorID, "Mirror"), member(stage.OperatorID, "Olga")},
	})
	for i := 0; i < w.topics && err == nil; i++ {
		var thread int
		if thread, err = w.tg.CreateTopic(adviceGroup, stage.MirrorID, fmt.Sprint("Customer ", i+1)); err != nil {
			break
		}
		w.threads = append(w.threads, thread)
		conv := topics.Conversation{ChatID: adviceGroup, ThreadID: int64(thread)}
		w.api.SetTopic(topicsapitest.Connection{Instance: stage.Instance, APIKey: stage.APIKey}, conv, topicsapitest.Info{
			UserID: 900_000 + int64(i), Name: fmt.Sprint("Customer ", i+1), Language: "en", Status: "user_answered",
		})
	}
	return err
}

// adviceFact is what each article says of its parcel.
const adviceFact = "A parcel of the kind %d is sent back within %d days, and the money follows on the next working day."

// articles writes articles that are alike, so that each search finds many.
func (w *adviceWorld) articles(n int) error {
	folder := filepath.Join(w.dir, "knowledge")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return fmt.Errorf("write articles: %w", err)
	}
	for i := range n {
		text := fmt.Sprintf("# Parcels of the kind %d\n\n"+adviceFact+"\n\n## How to pack it\n\n%s\n", i, i, i%30+1,
			strings.Repeat("Wrap it in paper, put the form on top, and bring it to the counter of the shop. ", 8))
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("kind-%05d.md", i)), []byte(text), 0o600); err != nil {
			return fmt.Errorf("write articles: %w", err)
		}
	}
	return nil
}

// questionNumber finds the number that a question carries to the model.
var questionNumber = regexp.MustCompile(`question q-?\d+x`)

// answer is the model: it takes its time, and says what the first article says.
func (w *adviceWorld) answer(takes time.Duration) openaitest.Script {
	return func(r openaitest.Request) openaitest.Answer {
		began := time.Now()
		time.Sleep(takes)
		number := questionNumber.FindString(r.Data.Question)
		advice := openaitest.Advice{}
		if len(r.Data.Chunks) > 0 {
			chunk := r.Data.Chunks[0]
			quote, _, _ := strings.Cut(chunk.Text, "\n")
			advice = openaitest.Advice{
				Answerable: true, Answer: quote,
				Claims: []openaitest.Claim{{Text: quote, Chunk: chunk.ID, Quote: quote}},
			}
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if t := w.asked[number]; t != nil {
			t.calls++
			t.model += time.Since(began)
		}
		return openaitest.Says(advice)
	}
}

// start starts the bot and waits until it knows the articles: a question is answered.
func (w *adviceWorld) start(ctx context.Context, c *adviceCmd) (*proc.Child, error) {
	addr, err := proc.FreeAddress()
	if err != nil {
		return nil, err
	}
	at := advisorAt{w.model.URL(), w.model.Key()}
	set := botSettings{
		Stage: stage.Hello{
			Telegram: w.url, Token: w.tg.Token(), TopicsAPI: w.api.URL(), Groups: []int64{adviceGroup},
		},
		Store: "sqlite:" + filepath.Join(w.dir, "topicpilot.db"), Listen: addr,
		More: object{"ai": adviceSettings(at, filepath.Join(w.dir, "knowledge"), "draft", c.Debounce)},
	}
	path, err := set.write(w.dir)
	if err != nil {
		return nil, err
	}
	child, err := proc.Start(ctx, proc.Options{Name: "topicpilot", Stderr: w.stderr}, w.pilot, "run", "--config", path)
	if err != nil {
		return nil, err
	}
	if err := waitReady(ctx, "http://"+addr+"/readyz", child); err != nil {
		return nil, errors.Join(err, child.Stop(stopGrace))
	}
	return child, nil
}

// advisorAt is where the model is.
type advisorAt struct{ url, key string }

// adviceSettings are those of an advisor without a budget.
func adviceSettings(at advisorAt, folder, mode string, debounce time.Duration) object {
	return object{
		"base_url": at.url, "api_key": at.key, "model": openaitest.DefaultModel, "knowledge": []string{folder},
		"mode": mode, "debounce": debounce.String(), "reply_to": "all",
		"budget": object{"tokens_per_day": 0, "tokens_per_topic_per_day": 0},
	}
}

func (w *adviceWorld) close() error {
	err := w.tg.Close()
	w.api.Close()
	w.model.Close()
	return err
}

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"topicpilot/cmd/load/effects"
	"topicpilot/cmd/load/proc"
	"topicpilot/cmd/load/stage"
	"topicpilot/topics/topicsapi/topicsapitest"
)

func (w *effectsWorld) writeSettings(process int, base string) error {
	addr, err := proc.FreeAddress()
	if err != nil {
		return err
	}
	w.addrs = append(w.addrs, addr)
	admins := []int64{stage.OperatorID, secondOperator}
	set := botSettings{
		Stage: stage.Hello{
			Telegram: base, Token: w.tg.Token(), TopicsAPI: base + topicsapitest.Path,
			Groups: []int64{effectsGroup, topicGroup, replyGroup},
		},
		Store: namedStore(w.store, process), Listen: addr, Cache: time.Millisecond,
		Operators: admins,
		Groups: []object{
			{"admins": admins, "customer_send": "bot", "customer_bot_token": effectsBot},
			{"admins": admins, "customer_send": "topic", "ai_mode": "draft"},
			{"admins": admins, "customer_send": "topic", "ai_mode": "reply"},
		},
		More: effectsSettings(base, w.cardsIntegration(base)),
	}
	dir := filepath.Join(w.dir, fmt.Sprint("process-", process+1))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	folder := filepath.Join(dir, "knowledge")
	set.More["ai"] = adviceSettings(advisorAt{base + effectsModel + "/v1", w.model.Key()}, folder, "off", effectsDebounce)
	if err := writeArticle(folder); err != nil {
		return err
	}
	path, err := set.write(dir)
	w.settings = append(w.settings, path)
	return err
}

func (w *effectsWorld) cardsIntegration(base string) object {
	transcript := "card"
	if w.ownPage {
		transcript = "page"
	}
	return object{
		"type": "notion", "id": "cards", "token": w.notion.Token(), "api_url": base, "database_id": w.database,
		"transcript": transcript,
	}
}

// effectsDebounce is the silence that ends a burst: it keeps no run waiting.
const effectsDebounce = 10 * time.Millisecond

// effectsQuestion is what customers ask, and effectsNews begins what the article says.
const effectsQuestion = "Until when is my tariff active?"

func writeArticle(folder string) error {
	if err := os.Mkdir(folder, 0o700); err != nil {
		return fmt.Errorf("write the article: %w", err)
	}
	text := "# Tariffs\n\n" + effectsNews + " the end of the month that is paid.\n"
	if err := os.WriteFile(filepath.Join(folder, "tariffs.md"), []byte(text), 0o600); err != nil {
		return fmt.Errorf("write the article: %w", err)
	}
	return nil
}

// effectsSettings are the commands of the table.
func effectsSettings(base string, cards object) object {
	billing := base + effects.BillingPath
	command := func(name string) object {
		return object{
			"name": name, "usage": "<tariff> <months>", "help": "Switch a tariff on",
			"args": []any{object{"name": "tariff", "match": `t(\d+)`}, object{"name": "months", "match": `m(\d+)`}},
			"request": object{
				"method": "POST", "url": billing + "activate", "timeout": "1s",
				"json": object{"user_id": "{{.Customer.ID}}", "tariff": "{{.Args.tariff}}", "months": "{{.Args.months}}"},
			},
			"check": object{
				"request": object{"url": billing + "users/{{.Customer.ID}}", "timeout": "2s"}, "done": "{{.Response.active}}",
			},
			"reply": "Tariff {{.Args.tariff}} is on until {{.Response.until}}",
		}
	}
	confirm, tell := command("renew"), command("extend")
	confirm["confirm"] = true
	tell["tell_customer"] = effectsNews + " {{.Response.until}}"
	return object{
		"commands": []any{command("activate"), confirm, tell},
		"links": object{"check": object{
			"request": object{"url": billing + "accounts/{{.Account}}", "timeout": "1s"}, "done": "{{.Response.exists}}",
		}},
		"integrations": []any{cards},
	}
}

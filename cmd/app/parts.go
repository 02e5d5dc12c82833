package app

import (
	"errors"
	"time"

	"topicpilot/commands"
	"topicpilot/config"
	"topicpilot/topics"
)

// parts are what the commands work with. It is called once the store and the sender are
// there.
func (a *App) parts() (commands.Parts, error) {
	links, err := commands.NewLinks(commands.LinkParts{
		Customers: a.resolver, Links: a.store, Runs: a.store, Check: checkOf(a.Config.Links.Check),
		Caller: a.caller, Log: a.Log,
	})
	if err != nil {
		return commands.Parts{}, err
	}
	parts := commands.Parts{
		Customers: a.resolver, Links: links, Log: a.Log,
		Notion:     a.notionParts(),
		Transcript: a.transcriptParts(),
		Find:       commands.FindParts{Finder: a.store, Migrations: a.store.Migrations, Memos: a.store},
		Forget: commands.ForgetParts{
			Erasing: &commands.Erasing{
				Store: a.store, Systems: a.notions.pages(), Log: a.Log,
				Lookup: &commands.TopicLookup{Store: a.store, Customers: a.resolver, Groups: a.groups, Log: a.Log},
			},
			Runs: a.store, Customers: a.resolver, Groups: a.groups, Now: time.Now,
		},
	}
	sender, err := a.customerSend()
	if err != nil {
		return commands.Parts{}, err
	}
	if parts.Own, parts.OwnTasks, err = a.ownCommands(links, sender); err != nil {
		return commands.Parts{}, err
	}
	if parts.AI, err = a.ai(links, sender); err != nil {
		return commands.Parts{}, err
	}
	parts.Sections, err = a.sections(links)
	return parts, err
}

func (a *App) ownCommands(
	accounts commands.Accounts, sender topics.CustomerSender,
) ([]commands.Command, topics.TaskHandler, error) {
	specs, err := ownCommandsOf(a.Config.Commands)
	if err != nil {
		return nil, nil, err
	}
	return commands.OwnCommands(specs, commands.OwnOptions{
		Caller: a.caller, Customers: a.resolver, Accounts: accounts, Runs: a.store, Groups: a.groups,
		Sender: sender, Log: a.Log, Observe: a.metrics.ran,
	})
}

// sections are the lines of /info below who the customer is.
func (a *App) sections(links *commands.Links) ([]commands.InfoSection, error) {
	list := []commands.InfoSection{{Name: "links", Section: links}}
	lookups, err := lookupsOf(a.Config.Lookups, commands.LookupOptions{Caller: a.caller, Accounts: links, Log: a.Log})
	if err != nil {
		return nil, err
	}
	if lookups != nil {
		list = append(list, commands.InfoSection{Name: "lookups", Section: lookups})
	}
	if a.notions.first() != nil {
		list = append(list, commands.NotionSection(a.notionParts()))
	}
	return list, nil
}

func (a *App) notionParts() commands.NotionParts {
	parts := commands.NotionParts{
		Pages: a.store, Runs: a.store, Customers: a.resolver, Groups: a.groups, Log: a.Log, Now: time.Now,
	}
	if client := a.notions.first(); client != nil {
		parts.System, parts.Cards = client.ID(), a.cards(client)
	}
	return parts
}

func (a *App) transcriptParts() commands.TranscriptParts {
	parts := commands.TranscriptParts{
		Source: a.store, Topics: a.store, Customers: a.resolver, Runs: a.store, Groups: a.groups,
		Migrations: a.store.Migrations, Documents: a.sender, Progress: poster{a.sender, a.store, a.Log},
		Comments: a.Config.Transcript.Comments, Log: a.Log,
	}
	if a.notions.first() != nil {
		parts.Notion = a.notionTranscripts()
	}
	return parts
}

// checkTemplates compiles all templates of the settings. All mistakes are told at once.
func checkTemplates(cfg *config.Config) error {
	specs, err := ownCommandsOf(cfg.Commands)
	if err != nil {
		return err
	}
	_, _, err = commands.OwnCommands(specs, commands.OwnOptions{})
	_, lookupErr := lookupsOf(cfg.Lookups, commands.LookupOptions{})
	_, linkErr := commands.NewLinks(commands.LinkParts{Check: checkOf(cfg.Links.Check)})
	return errors.Join(err, lookupErr, linkErr)
}

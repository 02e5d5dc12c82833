package app

import (
	"context"
	"fmt"
	"log/slog"

	"topicpilot/config"
)

// maxProblems bounds how many files of the knowledge are named.
const maxProblems = 5

// knowledge looks whether the advisor's articles can be read. It uses no network.
func (d *doctor) knowledge(ctx context.Context) []Finding {
	if d.cfg.AI.Model == "" {
		return nil
	}
	settings := d.cfg.AI
	settings.EmbeddingModel = ""
	advisor, err := d.advisorOf(settings)
	if err != nil {
		return nil // told with the model
	}
	defer advisor.Close()
	report, err := advisor.Read(ctx)
	if err != nil {
		return []Finding{{
			Status: StatusWarning, Subject: "ai.knowledge", Text: "not read in time: " + err.Error(),
			Remedy: "look with: topicpilot kb check",
		}}
	}
	var findings []Finding
	for i, problem := range report.Problems {
		if i == maxProblems {
			findings = append(findings, Finding{
				Status: StatusWarning, Subject: "ai.knowledge",
				Text:   fmt.Sprintf("%d more files have problems", len(report.Problems)-i),
				Remedy: "topicpilot kb check lists them all",
			})
			break
		}
		findings = append(findings, Finding{
			Status: StatusWarning, Subject: "ai.knowledge", Text: problem.File + ": " + problem.Text,
		})
	}
	if report.Chunks == 0 {
		return append(findings, Finding{
			Status: StatusFault, Subject: "ai.knowledge", Text: "no article can be found, so nothing is ever answered",
			Remedy: "put .md, .txt, .html or .csv files into a folder that ai.knowledge names",
		})
	}
	return append(findings, Finding{
		Status: StatusOK, Subject: "ai.knowledge",
		Text: fmt.Sprintf("%d files, %d parts, %d of them internal", report.Files, report.Chunks, report.Internal),
	})
}

// model asks the model's server for its models, which costs no tokens.
func (d *doctor) model(ctx context.Context) []Finding {
	if d.cfg.AI.Model == "" {
		return nil
	}
	advisor, err := d.advisorOf(d.cfg.AI)
	if err != nil {
		return []Finding{{Status: StatusFault, Subject: "ai", Text: err.Error(), Remedy: "correct the setting"}}
	}
	defer advisor.Close()
	return found("ai ", advisor.Client.Check(ctx))
}

func (*doctor) advisorOf(settings config.AI) (*Advisor, error) {
	return NewAdvisor(settings, AdvisorOptions{Log: slog.New(slog.DiscardHandler)})
}

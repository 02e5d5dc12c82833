package openai

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"topicpilot/integrations"
	"topicpilot/topics"
)

// maxModels bounds the list of models; that of a gateway takes about 1 MiB.
const maxModels = 4 << 20

var errNoList = fmt.Errorf("%w: it is not a list of models", errUnreadable)

// modelList is what is read of the list of models.
type modelList struct {
	Data []struct {
		ID      string `json:"id"`
		OwnedBy string `json:"owned_by"`
	} `json:"data"`
}

// Check asks the server for its models. It costs no tokens.
func (c *Client) Check(ctx context.Context) []integrations.Finding {
	var list modelList
	err := c.do(ctx, request{method: http.MethodGet, path: "/models", most: maxModels},
		func(_ string, answer io.Reader) error {
			raw, err := io.ReadAll(answer)
			if err == nil && (json.Unmarshal(raw, &list) != nil || list.Data == nil) {
				err = errNoList
			}
			return err
		})
	if err != nil {
		return []integrations.Finding{c.explain(err)}
	}
	findings := []integrations.Finding{
		{Status: integrations.OK, Code: "api", Text: "the model's server is reached and takes the key"},
		c.listed(list, "model", c.opt.Model),
	}
	if c.key == "" {
		findings[0].Text = "the model's server is reached and wants no key"
	}
	if c.opt.EmbeddingModel != "" {
		findings = append(findings, c.listed(list, "embedding_model", c.opt.EmbeddingModel))
	}
	return findings
}

// listed tells whether a model is there.
func (c *Client) listed(list modelList, setting, model string) integrations.Finding {
	for _, m := range list.Data {
		if m.ID == model || m.ID == model+":latest" { // as Ollama completes names
			return integrations.Finding{
				Status: integrations.OK, Code: setting, Text: fmt.Sprintf("the server has the model %q", model),
			}
		}
	}
	if len(list.Data) == 1 && list.Data[0].OwnedBy == "llamacpp" {
		return integrations.Finding{
			Status: integrations.OK, Code: setting,
			Text: fmt.Sprintf("the server answers with the one model that it has loaded, also by the name %q", model),
		}
	}
	return integrations.Finding{
		Status: integrations.Fault, Code: setting, Text: fmt.Sprintf("the server has no model %q", model),
		Remedy: fmt.Sprintf("set %s.%s to one that it has%s, or load that one there", c.opt.Setting, setting, some(list)),
	}
}

// some names a few models.
func some(list modelList) string {
	var names []string
	for _, m := range list.Data {
		if m.ID != "" && len(m.ID) <= 80 && len(names) < 5 {
			names = append(names, fmt.Sprintf("%q", m.ID))
		}
	}
	if len(names) == 0 {
		return ""
	}
	if len(list.Data) > len(names) {
		names = append(names, "…")
	}
	return " (" + strings.Join(names, ", ") + ")"
}

// explain makes a finding of a list that was not given.
func (c *Client) explain(err error) integrations.Finding {
	address := c.opt.Setting + ".base_url"
	if refused, ok := errors.AsType[*refusal](err); ok {
		if f, known := c.withoutList(refused.status); known {
			return f
		}
	}
	failed, ok := errors.AsType[*topics.ModelError](err)
	if !ok {
		return integrations.Finding{
			Status: integrations.Fault, Code: "api", Text: "the check was cancelled", Remedy: "try again",
		}
	}
	switch failed.Fault {
	case topics.ModelBusy:
		return integrations.Finding{
			Status: integrations.Warning, Code: "api", Text: "the model's server asks for a pause", Remedy: "try again later",
		}
	case topics.ModelQuota:
		return integrations.Finding{
			Status: integrations.Fault, Code: "key",
			Text:   "the account at the model's server has no money left: " + failed.Err.Error(),
			Remedy: "top it up there",
		}
	case topics.ModelUnreadable, topics.ModelRefused:
		return integrations.Finding{
			Status: integrations.Fault, Code: "api", Text: "no usable answer: " + failed.Err.Error(),
			Remedy: "check that " + address + " is that of the API; mostly it ends in /v1",
		}
	}
	return integrations.Finding{
		Status: integrations.Fault, Code: "api", Text: "the model's server cannot be reached: " + failed.Err.Error(),
		Remedy: "check that it runs, the network, a firewall in between and " + address,
	}
}

// withoutList tells what a refusal of the list itself means.
func (c *Client) withoutList(status int) (integrations.Finding, bool) {
	key := c.opt.Setting + ".api_key"
	switch {
	case status == http.StatusUnauthorized:
		f := integrations.Finding{Status: integrations.Fault, Code: "key", Text: "the model's server refuses the key"}
		if f.Remedy = "set " + key + " to one that is valid there"; c.key == "" {
			f.Text, f.Remedy = "the model's server wants a key", "set "+key
		}
		return f, true
	case status == http.StatusForbidden:
		return integrations.Finding{
			Status: integrations.Warning, Code: "key", Text: "the key may not list the models, so the model was not looked for",
			Remedy: "if answers fail too, give the key of " + key + " the right to ask models",
		}, true
	case slices.Contains([]int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented}, status):
		return integrations.Finding{
			Status: integrations.Warning, Code: "model",
			Text:   "the server does not list its models, so the model was not looked for",
			Remedy: "if answers fail, check that " + c.opt.Setting + ".base_url is that of the API; mostly it ends in /v1",
		}, true
	}
	return integrations.Finding{}, false
}

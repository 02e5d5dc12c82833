package openaitest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

func invalid(param, code, format string, args ...any) *apiError {
	return &apiError{
		status: http.StatusBadRequest, param: param, code: code, message: fmt.Sprintf(format, args...),
	}
}

func missing(param string) *apiError {
	return invalid(param, "missing_required_parameter", "Missing required parameter: '%s'.", param)
}

// parameters are those that OpenAI has; it refuses others.
func parameters() []string {
	return strings.Fields(`audio frequency_penalty function_call functions logit_bias logprobs
		max_completion_tokens max_tokens messages metadata modalities model moderation n parallel_tool_calls prediction
		presence_penalty prompt_cache_key prompt_cache_options prompt_cache_retention reasoning_effort response_format
		safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools top_logprobs
		top_p user verbosity web_search_options`)
}

// checkChat finds what the server refuses in a request, or nil.
func (s *Server) checkChat(raw []byte, body *chatBody) *apiError {
	var keys map[string]json.RawMessage
	if json.Unmarshal(raw, &keys) != nil {
		return invalid("", "", "We could not parse the JSON body of your request.")
	}
	if s.opt.Flavour == OpenAI {
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if !slices.Contains(parameters(), key) {
				return invalid("", "", "Unrecognized request argument supplied: %s", key) //nolint:misspell // as OpenAI does
			}
		}
	}
	if err := json.Unmarshal(raw, body); err != nil {
		return invalid("", "invalid_type", "Invalid type for a parameter.")
	}
	reasoning := slices.Contains(s.opt.ReasoningModels, body.Model)
	switch {
	case body.Model == "":
		return invalid("", "", "you must provide a model parameter")
	case body.Messages == nil:
		return missing("messages")
	case len(body.Messages) == 0:
		return invalid("messages", "empty_array", "Invalid 'messages': empty array.")
	case !reasoning && !s.opt.known(body.Model, s.opt.Models):
		return s.noModel(body.Model)
	}
	for _, check := range []*apiError{
		checkMessages(body.Messages), s.checkTokens(body, reasoning), s.checkTemperature(body, reasoning),
		s.checkFormat(body),
	} {
		if check != nil {
			return check
		}
	}
	if body.StreamOptions != nil && !body.Stream {
		return invalid("stream_options", "", "The 'stream_options' parameter is only allowed when 'stream' is enabled.")
	}
	return nil
}

func checkMessages(messages []messageBody) *apiError {
	roles := []string{"system", "assistant", "user", "function", "tool", "developer"}
	for i, m := range messages {
		at := fmt.Sprintf("messages[%d]", i)
		if m.Role == "" {
			return missing(at + ".role")
		}
		if !slices.Contains(roles, m.Role) {
			return invalid(at+".role", "invalid_value", "Invalid value: '%s'. Supported values are: '%s'.",
				m.Role, strings.Join(roles, "', '"))
		}
		if _, ok := m.text(); !ok && m.Role != "assistant" {
			return invalid(at+".content", "invalid_type", "Invalid value for 'content': expected a string, got null.")
		}
	}
	return nil
}

func (s *Server) checkTokens(body *chatBody, reasoning bool) *apiError {
	strict := s.opt.Flavour == OpenAI
	for field, value := range map[string]*int{
		"max_tokens": body.MaxTokens, "max_completion_tokens": body.MaxCompletionTokens,
	} {
		if value != nil && *value < 1 && s.opt.Flavour != Ollama && s.opt.Flavour != LlamaCPP { // to them it means no bound
			return invalid(field, "integer_below_min_value",
				"Invalid '%s': integer below minimum value. Expected a value >= 1, but got %d instead.", field, *value)
		}
	}
	switch {
	case strict && body.MaxTokens != nil && body.MaxCompletionTokens != nil:
		return invalid("", "invalid_parameter_combination",
			"Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
	case strict && reasoning && body.MaxTokens != nil:
		return invalid("max_tokens", "unsupported_parameter", "Unsupported parameter: 'max_tokens' is not supported "+
			"with this model. Use 'max_completion_tokens' instead.")
	}
	return nil
}

func (s *Server) checkTemperature(body *chatBody, reasoning bool) *apiError {
	t := body.Temperature
	switch {
	case t == nil:
		return nil
	case *t < 0 || *t > 2:
		return invalid("temperature", "decimal_above_max_value",
			"Invalid 'temperature': expected a value between 0 and 2, but got %g instead.", *t)
	case slices.Contains(s.opt.Refuse, "temperature"), s.opt.Flavour == OpenAI && reasoning && *t != 1:
		return invalid("temperature", "unsupported_value", "Unsupported value: 'temperature' does not support %g with "+
			"this model. Only the default (1) value is supported.", *t)
	}
	return nil
}

var schemaName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

func (s *Server) checkFormat(body *chatBody) *apiError {
	format := body.ResponseFormat
	if format == nil {
		return nil
	}
	if slices.Contains(s.opt.Refuse, format.Type) {
		return s.noFormat(format.Type)
	}
	switch format.Type {
	case "text":
	case "json_object":
		if s.opt.Flavour == OpenAI && !mentionsJSON(body.Messages) {
			return invalid("messages", "", "'messages' must contain the word 'json' in some form, to use "+
				"'response_format' of type 'json_object'.")
		}
	case "json_schema":
		return s.checkJSONSchema(format)
	default:
		return invalid("response_format.type", "invalid_value",
			"Invalid value: '%s'. Supported values are: 'json_object', 'json_schema', and 'text'.", format.Type)
	}
	return nil
}

func (s *Server) checkJSONSchema(format *responseFormat) *apiError {
	const at = "response_format.json_schema"
	switch schema := format.JSONSchema; {
	case schema == nil:
		return missing(at)
	case schema.Name == "":
		return missing(at + ".name")
	case !schemaName.MatchString(schema.Name):
		return invalid(at+".name", "invalid_value", "Invalid '%s.name': string does not match pattern.", at)
	case s.opt.Flavour == OpenAI && schema.Strict:
		if wrong := strictFault(schema.Schema); wrong != "" {
			return invalid("response_format", "", "Invalid schema for response_format '%s': %s", schema.Name, wrong)
		}
	}
	return nil
}

// noFormat is how a server that does not know an answer format says so.
func (s *Server) noFormat(format string) *apiError {
	switch s.opt.Flavour {
	case OpenAI:
		return invalid("response_format", "", "Invalid parameter: 'response_format' of type '%s' is not supported "+
			"with this model.", format)
	case LlamaCPP:
		return invalid("", "", "response_format type must be one of \"text\" and \"json_object\", but got: %s", format)
	}
	return invalid("", "", "[{'loc': ('body', 'response_format', 'type'), 'msg': \"Input should be 'text'\"}]")
}

func mentionsJSON(messages []messageBody) bool {
	return slices.ContainsFunc(messages, func(m messageBody) bool {
		text, _ := m.text()
		return strings.Contains(strings.ToLower(text), "json")
	})
}

// strictFault tells why OpenAI does not take a schema as strict, "" if it does.
func strictFault(raw json.RawMessage) string {
	var root map[string]any
	if json.Unmarshal(raw, &root) != nil {
		return "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'."
	}
	if root["type"] != "object" {
		return fmt.Sprintf("schema must be a JSON Schema of 'type: \"object\"', got 'type: \"%v\"'.", root["type"])
	}
	return openObject(root, "")
}

// openObject looks for an object that is not closed: other properties allowed, or one of its
// own not required.
func openObject(node map[string]any, context string) string {
	properties, _ := node["properties"].(map[string]any)
	if node["type"] == "object" {
		if node["additionalProperties"] != false {
			return fmt.Sprintf("In context=(%s), 'additionalProperties' is required to be supplied and to be false.", context)
		}
		required, _ := node["required"].([]any)
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			if !slices.Contains(required, any(name)) {
				return fmt.Sprintf("In context=(%s), 'required' is required to be supplied and to be an array "+
					"including every key in properties. Missing '%s'.", context, name)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if inner, ok := properties[name].(map[string]any); ok {
			if wrong := openObject(inner, context+"'properties', '"+name+"'"); wrong != "" {
				return wrong
			}
		}
	}
	if items, ok := node["items"].(map[string]any); ok {
		return openObject(items, context+"'items'")
	}
	return ""
}

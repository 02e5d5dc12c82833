package openaitest

import (
	"maps"
	"net/http"
	"strconv"
)

// reply is an answer before it leaves.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func jsonReply(status int, v any) *reply {
	return &reply{status: status, header: http.Header{"Content-Type": {"application/json"}}, body: encode(v)}
}

func (r *reply) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), r.header)
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body) //nolint:gosec // a fake: whoever asks is a test
}

// cut sends half of the answer and closes the connection.
func (r *reply) cut(w http.ResponseWriter) {
	maps.Copy(w.Header(), r.header)
	w.Header().Set("Content-Length", strconv.Itoa(len(r.body)))
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body[:len(r.body)/2]) //nolint:gosec // as above
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler) // net/http's way to close a connection
}

// apiError is a refusal before it has the shape of the flavour. An empty kind is that of the
// status; code and param are null where they are empty.
type apiError struct {
	status  int
	message string
	kind    string
	param   string
	code    string
	header  http.Header
}

// kinds are the types of errors by their status.
func kinds(flavour Flavour, status int) string {
	all := map[Flavour]map[int]string{
		OpenAI: {429: "rate_limit_error", 500: "server_error", 503: "server_error", 0: "invalid_request_error"},
		Ollama: {400: "invalid_request_error", 404: "not_found_error", 0: "api_error"},
		VLLM:   {400: "BadRequestError", 404: "NotFoundError", 0: "InternalServerError"},
		LlamaCPP: {
			400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error",
			501: "not_supported_error", 503: "unavailable_error", 0: "server_error",
		},
	}[flavour]
	if kind, ok := all[status]; ok {
		return kind
	}
	return all[0]
}

// refusal gives an error the shape of the flavour.
func (s *Server) refusal(e *apiError) *reply {
	orNull := func(text string) any {
		if text == "" {
			return nil
		}
		return text
	}
	kind := e.kind
	if kind == "" {
		kind = kinds(s.opt.Flavour, e.status)
	}
	body := map[string]any{"message": e.message, "type": kind}
	switch s.opt.Flavour {
	case OpenAI:
		body["param"], body["code"] = orNull(e.param), orNull(e.code)
	case Ollama:
		body["param"], body["code"] = nil, nil
	case VLLM:
		body["param"], body["code"] = orNull(e.param), e.status
	case LlamaCPP:
		body["code"] = e.status
	}
	r := jsonReply(e.status, map[string]any{"error": body})
	if s.opt.Flavour == VLLM && e.status == http.StatusUnauthorized {
		r.body = encode(map[string]any{"error": "Unauthorized"})
	}
	maps.Copy(r.header, e.header)
	return r
}

// noModel is the refusal of a model that is not there.
func (s *Server) noModel(name string) *apiError {
	e := &apiError{status: http.StatusNotFound, code: "model_not_found", param: "model"}
	switch s.opt.Flavour {
	case Ollama:
		e.message = "model \"" + name + "\" not found, try pulling it first"
	case VLLM:
		e.message = "The model `" + name + "` does not exist."
	default:
		e.message, e.param = "The model `"+name+"` does not exist or you do not have access to it.", ""
	}
	return e
}

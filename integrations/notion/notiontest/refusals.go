package notiontest

import (
	"fmt"
	"net/http"
	"strconv"
)

// apiError is a refusal as Notion words it.
type apiError struct {
	status  int
	code    string
	message string
	after   int
	extra   map[string]any
}

func (e *apiError) body() map[string]any {
	body := map[string]any{
		"object": "error", "status": e.status, "code": e.code, "message": e.message,
		"request_id": "00000000-0000-4000-8000-000000000000",
	}
	if e.extra != nil {
		body["additional_data"] = e.extra
	}
	return body
}

func invalid(format string, args ...any) *apiError {
	return &apiError{
		status: http.StatusBadRequest, code: "validation_error", message: fmt.Sprintf(format, args...),
	}
}

func notFound(what, id string) *apiError {
	return &apiError{
		status: http.StatusNotFound, code: "object_not_found", message: "Could not find " + what + " with ID: " + id +
			". Make sure the relevant pages and databases are shared with your integration.",
	}
}

func limited(after int) *apiError {
	return &apiError{
		status: http.StatusTooManyRequests, code: "rate_limited", message: "You have been rate limited.", after: after,
		extra: map[string]any{"rate_limit_reason": "public_api_request_rate_limit"},
	}
}

func reply(w http.ResponseWriter, result any, failure *apiError) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if failure == nil {
		_, _ = w.Write(encode(result))
		return
	}
	if failure.after > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(failure.after))
	}
	w.WriteHeader(failure.status)
	_, _ = w.Write(encode(failure.body()))
}

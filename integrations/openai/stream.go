package openai

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"topicpilot/topics"
)

const (
	dataField = "data:"
	endOfData = "[DONE]"
)

// readStream joins the events of a stream. It stops at its end: a server may keep the
// connection open after that.
func readStream(in *bufio.Reader) (topics.Completion, error) {
	var s stream
	for {
		line, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return topics.Completion{}, err
		}
		done, fault := s.line(bytes.TrimRight(line, "\r\n"))
		if fault == nil && err != nil && !done {
			fault = s.dispatch() // the last event may lack its empty line
		}
		switch {
		case fault != nil:
			return topics.Completion{}, fault
		case done, err != nil && s.finish != "":
			return s.completion()
		case err != nil:
			return topics.Completion{}, errStream
		}
	}
}

// stream is what has come so far.
type stream struct {
	data    []byte
	begun   bool
	text    strings.Builder
	refusal strings.Builder
	finish  string
	used    *usage
}

// line takes in one line; done tells that it was the end of the stream.
func (s *stream) line(line []byte) (done bool, err error) {
	if len(line) == 0 {
		return false, s.dispatch()
	}
	value, ok := bytes.CutPrefix(line, []byte(dataField))
	if !ok {
		return false, nil // comments and other fields mean nothing here
	}
	// Every event is one line of JSON, whatever separates events.
	if err := s.dispatch(); err != nil {
		return false, err
	}
	value = bytes.TrimSpace(value)
	s.data = append(s.data, value...)
	return string(value) == endOfData, nil
}

// dispatch takes in the event whose lines have come.
func (s *stream) dispatch() error {
	data := s.data
	s.data = s.data[:0]
	if len(data) == 0 {
		return nil
	}
	var event chatAnswer
	if json.Unmarshal(data, &event) != nil {
		return errNoJSON
	}
	if failed(event.Error) {
		return newRefusal(0, data)
	}
	if event.Usage != nil {
		s.used = event.Usage
	}
	for _, part := range event.Choices {
		if part.Index != 0 {
			continue
		}
		if err := s.add(part); err != nil {
			return err
		}
	}
	return nil
}

func (s *stream) add(part choice) error {
	s.begun = true
	if part.FinishReason != "" {
		s.finish = part.FinishReason
	}
	if part.Delta == nil {
		return nil
	}
	text, err := part.Delta.text()
	s.text.WriteString(text)
	s.refusal.WriteString(part.Delta.Refusal)
	return err
}

func (s *stream) completion() (topics.Completion, error) {
	if !s.begun {
		return topics.Completion{}, errNoChoice
	}
	return completion(s.text.String(), s.refusal.String(), s.finish, s.used), nil
}

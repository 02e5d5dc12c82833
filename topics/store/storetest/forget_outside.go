package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

// forgetOutside shows those who erase elsewhere all that leads there: also what is stored
// while they are at it, by work that was asked for since.
func forgetOutside(t *testing.T, b Backend) {
	now := day.Add(time.Hour)
	p := start(t, b, store.Options{Now: func() time.Time { return now }})
	ctx := patience(t)
	p.live(erased, "Erika", conv(1))
	p.must(p.KeepPage(ctx, topics.Page{System: "cards", Kind: topics.PageAsked, CustomerID: erased, At: day}))
	_, err := p.KeepExport(ctx, topics.Export{
		System: "other", Conversation: conv(1), PageID: "hand", Pending: []byte("note"),
	}, nil)
	p.must(err)
	var shown []topics.Traces
	receipt, err := p.Forget(ctx, erased, func(ctx context.Context, traces topics.Traces) []topics.NewItem {
		shown = append(shown, traces)
		if left := p.left(erased, conv(1)); left["messages"] != 0 {
			t.Errorf("others are waited for with %v", left)
		}
		late := topics.Export{System: "cards", Conversation: conv(1), PageID: "Erika-t", Version: 1, Since: day}
		if _, err := p.KeepExport(ctx, late, []string{"late"}); !errors.Is(err, topics.ErrForgotten) {
			t.Errorf("an export that is under way: %v", err)
		}
		if len(shown) == 1 {
			late.Since = now.Add(time.Minute)
			_, err := p.KeepExport(ctx, late, []string{"new"})
			p.must(err)
		}
		return []topics.NewItem{{Queue: topics.QueueTasks, Lane: fmt.Sprint("forget/", len(shown)), Payload: []byte("x")}}
	})
	p.must(err)
	if len(shown) != 2 || receipt.Topics != 1 {
		t.Fatalf("shown %+v, %+v", shown, receipt)
	}
	if got := shown[0]; len(got.Pages) != 3 || len(got.Exports) != 1 || string(got.Exports[0].Pending) != "note" ||
		!reflect.DeepEqual(got.Blocks, map[string][]string{"Erika-t": {"Erika"}}) {
		t.Errorf("first %+v", got)
	}
	if got := shown[1].Blocks["Erika-t"]; !slices.Equal(got, []string{"Erika", "new"}) {
		t.Errorf("then %v", got)
	}
	if left := p.left(erased, conv(1)); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	for lane, want := range map[string]bool{"forget/1": false, "forget/2": true} {
		if pending, err := p.HasPending(ctx, topics.QueueTasks, lane); err != nil || pending != want {
			t.Errorf("%s: %t, %v", lane, pending, err)
		}
	}
}

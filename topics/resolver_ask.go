package topics

import (
	"context"
	"errors"
	"time"
)

// verdict is what one instance said.
type verdict struct {
	info TopicInfo
	key  any
	err  *ResolveError
}

// ask asks the remembered instance; the others only when that one does not know the
// topic or refuses. Without a remembered one it asks all in the order of the settings.
func (r *Resolver) ask(
	ctx context.Context, group *Group, conv Conversation, remembered string,
) (TopicInfo, any, *ResolveError) {
	var first verdict
	others := make([]Instance, 0, len(group.Instances))
	asked := false
	for _, instance := range group.Instances {
		if instance.ID != remembered || asked {
			others = append(others, instance)
			continue
		}
		asked = true
		first = r.askOne(ctx, instance, conv)
		if first.err == nil || first.err.Reason == ReasonUnavailable {
			return first.info, first.key, first.err
		}
	}
	if len(others) == 0 {
		return first.info, first.key, first.err
	}
	found := r.askInTurn(ctx, others, conv)
	if found.err != nil && first.err != nil {
		found.err = heavier(first.err, found.err)
	}
	return found.info, found.key, found.err
}

// askInTurn asks instance after instance until one knows the topic. The next one is
// asked at once when one fails, and also when one is slow: an instance that hangs must
// not use up the time of the one that knows.
func (r *Resolver) askInTurn(ctx context.Context, instances []Instance, conv Conversation) verdict {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	patience := time.NewTicker(r.opts.Timeout / 4)
	defer patience.Stop()
	// Buffered for all: those who answer after the winner must not hang.
	verdicts := make(chan verdict, len(instances))
	started, ended := 0, 0
	start := func() {
		if started < len(instances) {
			instance := instances[started]
			started++
			r.running.Go(func() { verdicts <- r.askOne(ctx, instance, conv) })
		}
	}
	var worst *ResolveError
	start()
	for {
		select {
		case <-patience.C:
			start()
		case v := <-verdicts:
			ended++
			if v.err == nil {
				return v
			}
			worst = heavier(worst, v.err)
			if ended == len(instances) {
				return verdict{err: worst}
			}
			start()
		case <-ctx.Done():
			return verdict{err: heavier(worst, unavailable(ctx.Err()))}
		}
	}
}

func (r *Resolver) askOne(ctx context.Context, instance Instance, conv Conversation) verdict {
	info, err := r.opts.API.TopicInfo(ctx, instance, conv)
	if err == nil {
		info.Instance = instance.ID
		return verdict{info: info, key: instance.Key}
	}
	var known *ResolveError
	if !errors.As(err, &known) {
		known = unavailable(err)
	}
	return verdict{err: known}
}

// heavier is the error that decides when instances differ. As long as one gave no
// answer or refused, it may be the one that knows the topic.
func heavier(a, b *ResolveError) *ResolveError {
	weight := func(e *ResolveError) int {
		switch {
		case e == nil:
			return 0
		case e.Reason == ReasonUnavailable:
			return 4
		case e.Reason == ReasonRefused:
			return 3
		case e.Reason == ReasonNotSet:
			return 2
		}
		return 1
	}
	if weight(a) >= weight(b) {
		return a
	}
	return b
}

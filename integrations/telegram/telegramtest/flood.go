package telegramtest

import "time"

// flood holds the sends inside the windows, oldest first; nothing is kept while a limit is off.
type flood struct {
	limits  Limits
	overall []time.Time
	groups  map[int64][]time.Time
}

// SetLimits changes the flood limits and forgets what was counted so far.
func (s *Server) SetLimits(l Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flood = flood{limits: l}
}

// spend counts one send or edit or refuses it with 429. Locked.
func (f *flood) spend(now time.Time, c *chat) *APIError {
	group := f.limits.PerGroupPerMinute > 0 && c.typ != "private"
	var inGroup []time.Time
	if group {
		inGroup = dropBefore(f.groups[c.id], now.Add(-time.Minute))
		if len(inGroup) >= f.limits.PerGroupPerMinute {
			return tooMany(inGroup[0].Add(time.Minute).Sub(now))
		}
	}
	if f.limits.OverallPerSecond > 0 {
		f.overall = dropBefore(f.overall, now.Add(-time.Second))
		if len(f.overall) >= f.limits.OverallPerSecond {
			return tooMany(f.overall[0].Add(time.Second).Sub(now))
		}
		f.overall = append(f.overall, now)
	}
	if group {
		if f.groups == nil {
			f.groups = map[int64][]time.Time{}
		}
		f.groups[c.id] = append(inGroup, now)
	}
	return nil
}

// dropBefore removes the times at or before the limit.
func dropBefore(times []time.Time, limit time.Time) []time.Time {
	i := 0
	for i < len(times) && !times[i].After(limit) {
		i++
	}
	return times[i:]
}

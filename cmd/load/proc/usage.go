package proc

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// clockTick is USER_HZ, which is 100 on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// Usage is what a process has cost so far.
type Usage struct {
	RSS  int64         // resident memory now, bytes
	Peak int64         // largest resident memory, bytes
	CPU  time.Duration // user and system time, in steps of 10 ms
}

// UsageOf reads /proc/PID. Where there is no /proc it is an error.
func UsageOf(pid int) (Usage, error) {
	dir := "/proc/" + strconv.Itoa(pid)
	status, err := os.ReadFile(dir + "/status") //nolint:gosec // a process id
	if err != nil {
		return Usage{}, fmt.Errorf("read memory use: %w", err)
	}
	stat, err := os.ReadFile(dir + "/stat") //nolint:gosec // a process id
	if err != nil {
		return Usage{}, fmt.Errorf("read processor use: %w", err)
	}
	u, err := parseStatus(status)
	if err != nil {
		return Usage{}, err
	}
	u.CPU, err = parseStat(stat)
	return u, err
}

func parseStatus(status []byte) (Usage, error) {
	var u Usage
	for line := range bytes.Lines(status) {
		name, rest, _ := strings.Cut(string(line), ":")
		field := map[string]*int64{"VmRSS": &u.RSS, "VmHWM": &u.Peak}[name]
		if field == nil {
			continue
		}
		kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
		if err != nil {
			return Usage{}, fmt.Errorf("read memory use: %w", err)
		}
		*field = kb << 10
	}
	if u.Peak == 0 {
		return Usage{}, fmt.Errorf("read memory use: no VmHWM: the process has ended")
	}
	return u, nil
}

// parseStat takes utime and stime, fields 14 and 15; the name in field 2 may hold spaces and brackets.
func parseStat(stat []byte) (time.Duration, error) {
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("read processor use: %d fields", len(fields))
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("read processor use: %q %q", fields[11], fields[12])
	}
	return time.Duration(user+system) * clockTick, nil
}

package proc

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	u, err := parseStatus([]byte("Name:\tx\nVmHWM:\t   20480 kB\nVmRSS:\t   10240 kB\n"))
	if err != nil || u.Peak != 20<<20 || u.RSS != 10<<20 {
		t.Errorf("status: %+v %v", u, err)
	}
	if _, err := parseStatus([]byte("Name:\tzombie\n")); err == nil {
		t.Error("a status without memory was taken")
	}
	cpu, err := parseStat([]byte("12 (a ) b) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20"))
	if err != nil || cpu != 2*time.Second {
		t.Errorf("stat: %v %v", cpu, err)
	}
	for _, bad := range []string{"", "1 (x) S 1", "1 (x) S 1 2 3 4 5 6 7 8 9 10 a b"} {
		if _, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestUsageOfSelf(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("no /proc here")
	}
	u, err := UsageOf(os.Getpid())
	if err != nil || u.RSS == 0 || u.Peak < u.RSS/2 {
		t.Errorf("%+v %v", u, err)
	}
}

func TestStopAndKill(t *testing.T) {
	sh := func(script string) *Child {
		t.Helper()
		c, err := Start(t.Context(), Options{Name: "child"}, "/bin/sh", "-c", script)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if err := sh("exec sleep 60").Stop(10 * time.Second); err != nil {
		t.Errorf("a child that obeys: %v", err)
	}
	deaf := sh("trap '' TERM; echo ready >&2; while :; do sleep 0.05; done")
	for !strings.Contains(deaf.Words(), "ready") {
		time.Sleep(time.Millisecond)
	}
	if err := deaf.Stop(50 * time.Millisecond); err == nil {
		t.Error("a child that does not obey was not reported")
	}
	broken := sh("echo no such thing >&2; exit 3")
	<-broken.Exited()
	if err := broken.Gone(); err == nil || !strings.Contains(err.Error(), "no such thing") {
		t.Errorf("last words are missing: %v", err)
	}
	killed := sh("exec sleep 60")
	if killed.Gone() != nil {
		t.Error("a living child is not gone")
	}
	killed.Kill()
	if killed.Gone() == nil {
		t.Error("a killed child is gone")
	}
}

func TestTailIsBounded(t *testing.T) {
	var b tail
	for range 100 {
		if _, err := b.Write(bytes.Repeat([]byte("x"), 1000)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Write([]byte("end")); err != nil {
		t.Fatal(err)
	}
	if got := b.bytes(); len(got) != keepStderr || !bytes.HasSuffix(got, []byte("end")) {
		t.Errorf("%d bytes kept", len(got))
	}
}

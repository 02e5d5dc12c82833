//go:build e2e

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// tab is a browser tab whose console complaints are collected.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	complaints []string
}

// openTab opens a headless browser, or skips the test where there is none. With
// TOPICPILOT_REQUIRE_BROWSER=1 a missing browser fails it.
func openTab(t *testing.T) *tab {
	t.Helper()
	required := os.Getenv("TOPICPILOT_REQUIRE_BROWSER") == "1"
	if testing.Short() && !required {
		t.Skip("browser tests are slow")
	}
	path, err := browserPath()
	switch {
	case err != nil && required:
		t.Fatal(err)
	case err != nil:
		t.Skip(err)
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-component-update", true))
	allocator, stop := chromedp.NewExecAllocator(t.Context(), opts...)
	ctx, cancel := chromedp.NewContext(allocator)
	b := &tab{t: t, ctx: ctx}
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Log("close the browser:", err)
		}
		cancel()
		stop()
	})
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal("start the browser:", err)
	}
	return b
}

func browserPath() (string, error) {
	for _, name := range []string{"/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no chromium found")
}

func (b *tab) listen(ev any) {
	var text string
	switch e := ev.(type) {
	case *runtime.EventExceptionThrown:
		text = "exception: " + e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
	case *runtime.EventConsoleAPICalled:
		for _, a := range e.Args {
			text += fmt.Sprintf("%s: %s ", e.Type, a.Value)
		}
	case *cdplog.EventEntryAdded:
		text = fmt.Sprintf("%s: %s", e.Entry.Level, e.Entry.Text)
	}
	if text != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.complaints = append(b.complaints, text)
	}
}

// quiet fails the test if the page complained.
func (b *tab) quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.complaints) > 0 {
		b.t.Errorf("console: %q", b.complaints)
	}
}

// do runs steps, 20 s at most, and fails the test with the page's complaints.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := b.try(steps...); err != nil {
		b.quiet()
		b.shot("failed")
		b.t.Fatal(err)
	}
}

func (b *tab) try(steps ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	return chromedp.Do(ctx, steps...)
}

// visit opens an address and waits for the topics.
func (b *tab) visit(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
	b.until(has(id("topic-title"), "Emma Wilson"))
}

// until waits for a JavaScript condition.
func (b *tab) until(condition string) {
	b.t.Helper()
	if err := b.try(chromedp.Poll[chromedp.Void](condition)); err != nil {
		b.quiet()
		b.shot("failed")
		b.t.Fatalf("waiting for %s: %v", condition, err)
	}
}

func (b *tab) eval(expression string) string {
	b.t.Helper()
	out, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](expression))
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func (b *tab) click(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(selector))
}

// shot keeps a picture in $SCREENSHOT_DIR, or in the test's own folder.
func (b *tab) shot(name string) {
	b.t.Helper()
	dir := os.Getenv("SCREENSHOT_DIR")
	if dir == "" {
		dir = b.t.TempDir()
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Error("screenshot:", err)
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		b.t.Error(err)
	}
}

// look sets the window's size and the colour scheme.
func (b *tab) look(width, height int64, scheme string) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, height))
	features := []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}
	media := emulation.SetEmulatedMediaParams{Features: features}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, media); err != nil {
		b.t.Fatal(err)
	}
}

func id(testID string) string { return fmt.Sprintf(`[data-testid=%q]`, testID) }

// texts is a JavaScript expression for the texts of all elements, joined by line breaks.
func texts(selector string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(%s)].map(n => n.textContent).join("\n")`, quote(selector))
}

func has(selector, text string) string {
	return fmt.Sprintf(`%s.includes(%s)`, texts(selector), quote(text))
}

func quote(s string) string {
	out, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always marshals
	}
	return string(out)
}

// write types into a composer and sends with Enter.
func (b *tab) write(testID, text string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(id(testID), text+"\r"))
}

// open shows a topic by a part of its title.
func (b *tab) open(title string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
		`[...document.querySelectorAll(".topic")].find(n => n.textContent.includes(%s)).click()`, quote(title))))
	b.until(has(id("chat-title"), title))
}

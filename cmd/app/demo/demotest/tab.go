// Package demotest drives the demo's page in a headless Chromium, for the tests of the page and of the
// program that serves it.
package demotest

import (
	"context"
	"encoding/json"
	"errors"
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

// patience bounds each call that waits for the page.
const patience = 20 * time.Second

// Tab is a browser tab whose console complaints are collected. A method that cannot do its work ends the
// test, so the methods are for the test's own goroutine, one at a time.
type Tab struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	complaints []string
}

// Open starts a browser with one empty tab, which the test's end closes. Without a Chromium, and with
// -short, it skips the test; with TOPICPILOT_REQUIRE_BROWSER=1 -short does not count and a missing
// Chromium fails the test.
func Open(t *testing.T) *Tab {
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
	b := &Tab{t: t, ctx: ctx}
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
	return "", errors.New("no chromium found")
}

func (b *Tab) listen(ev any) {
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

// Quiet marks the test as failed if the page wrote anything to its console, threw an exception or was
// refused something by the browser. The test goes on.
func (b *Tab) Quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.complaints) > 0 {
		b.t.Errorf("console: %q", b.complaints)
	}
}

// Do runs steps, 20 s at most together. When one fails it ends the test with the page's complaints and
// a picture named "failed".
func (b *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := b.try(steps...); err != nil {
		b.Quiet()
		b.Shot("failed")
		b.t.Fatal(err)
	}
}

func (b *Tab) try(steps ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, steps...)
}

// Visit opens the address of a demo's page and waits for its topics.
func (b *Tab) Visit(url string) {
	b.t.Helper()
	b.Do(chromedp.Navigate(url))
	b.Until(Has(ID("topic-title"), "Emma Wilson"))
}

// Until waits, 20 s at most, until a JavaScript condition is true, and otherwise ends the test as Do does.
func (b *Tab) Until(condition string) {
	b.t.Helper()
	if err := b.try(chromedp.Poll[chromedp.Void](condition)); err != nil {
		b.Quiet()
		b.Shot("failed")
		b.t.Fatalf("waiting for %s: %v", condition, err)
	}
}

// Eval returns the value of a JavaScript expression, which must be a string.
func (b *Tab) Eval(expression string) string {
	b.t.Helper()
	out, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](expression))
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

// Click waits for the first element of a selector to be visible and clicks it.
func (b *Tab) Click(selector string) {
	b.t.Helper()
	b.Do(chromedp.Click(selector))
}

// Shot keeps a picture of the window as name.png in $SCREENSHOT_DIR, or in a folder of the test that
// goes with it. A picture that cannot be made marks the test as failed; the test goes on.
func (b *Tab) Shot(name string) {
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
	file := filepath.Join(dir, name+".png")
	if err := os.WriteFile(file, png, 0o600); err != nil { //nolint:gosec // who runs the test chose the folder
		b.t.Error(err)
	}
}

// Look sets the window's size in CSS pixels and the colour scheme, "light" or "dark", and asks the page
// for reduced motion.
func (b *Tab) Look(width, height int64, scheme string) {
	b.t.Helper()
	b.Do(chromedp.EmulateViewport(width, height))
	features := []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}
	media := emulation.SetEmulatedMediaParams{Features: features}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, media); err != nil {
		b.t.Fatal(err)
	}
}

// Write types a text into the composer with a test id and sends it with Enter.
func (b *Tab) Write(testID, text string) {
	b.t.Helper()
	b.Do(chromedp.SendKeys(ID(testID), text+"\r"))
}

// Topic shows the first topic whose text in the list contains title, and waits until the chat has it.
func (b *Tab) Topic(title string) {
	b.t.Helper()
	b.Do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
		`[...document.querySelectorAll(".topic")].find(n => n.textContent.includes(%s)).click()`, quote(title))))
	b.Until(Has(ID("chat-title"), title))
}

// ID is the selector of the elements with a test id.
func ID(testID string) string { return fmt.Sprintf(`[data-testid=%q]`, testID) }

// Texts is a JavaScript expression for the texts of all elements of a selector, joined by line breaks.
func Texts(selector string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(%s)].map(n => n.textContent).join("\n")`, quote(selector))
}

// Has is a JavaScript condition: the Texts of a selector contain text.
func Has(selector, text string) string {
	return fmt.Sprintf(`%s.includes(%s)`, Texts(selector), quote(text))
}

func quote(s string) string {
	out, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always marshals
	}
	return string(out)
}

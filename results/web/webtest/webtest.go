// Package webtest opens pages in a real browser, for tests. It is a package of its own so that the command does not contain it.
package webtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A Tab shows a page. A test fails where the page writes a warning or an error to the console, throws, is kept from something by its
// policy, opens a dialog, or asks for anything that is neither at its own address nor in the page itself.
type Tab struct {
	testing.TB
	Context context.Context

	profile  string // folder of the browser's
	own      string // what the addresses of requests begin with
	mutex    sync.Mutex
	problems []string
	Requests int
}

// names of the browser, as systems have it.
var names = []string{"chromium", "chromium-browser", "google-chrome", "chrome"}

// patience is how long a step may take: the machines of tests are slow, and busy.
const patience = 90 * time.Second

// Open starts a browser with a page of that size, and opens an address in it. The test is skipped where there is no browser.
func Open(t testing.TB, address string, width, height int64) *Tab {
	t.Helper()
	path := ""
	for _, name := range names {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skipf("no browser: none of %s is installed", strings.Join(names, ", "))
	}
	profile := t.TempDir()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(profile),
		chromedp.WSURLReadTimeout(patience), chromedp.Flag("disable-component-update", true), chromedp.Flag("no-pings", true),
		chromedp.Flag("disable-domain-reliability", true),
	)
	allocated, end := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(end)
	ctx, end := chromedp.NewContext(allocated)
	t.Cleanup(end)
	tab := &Tab{TB: t, Context: ctx, profile: profile, own: address}
	if scheme, rest, ok := strings.Cut(address, "://"); ok {
		host, _, _ := strings.Cut(rest, "/")
		tab.own = scheme + "://" + host + "/"
	}
	if err := chromedp.Listen(ctx, tab.see); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	var mobile []chromedp.EmulateViewportOption
	if width < 600 {
		mobile = append(mobile, chromedp.EmulateMobile)
	}
	tab.Do(chromedp.EmulateViewport(width, height, mobile...), chromedp.Navigate(address))
	t.Cleanup(func() {
		tab.mutex.Lock()
		defer tab.mutex.Unlock()
		for _, p := range tab.problems {
			t.Error(p)
		}
	})
	return tab
}

// see notes what must not happen.
func (tab *Tab) see(event any) {
	tab.mutex.Lock()
	defer tab.mutex.Unlock()
	problem := func(format string, a ...any) { tab.problems = append(tab.problems, fmt.Sprintf(format, a...)) }
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		tab.Requests++
		if url := e.Request.URL; !strings.HasPrefix(url, tab.own) && !strings.HasPrefix(url, "data:") && url != "about:blank" {
			problem("a request leaves: %s", url)
		}
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			text += " " + x.Description
		}
		problem("the page throws: %s", text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" {
			problem("console: %v", e.Args)
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			problem("log: %s %s", e.Entry.Text, e.Entry.URL)
		}
	case *page.EventJavascriptDialogOpening:
		problem("the page opens a dialog: %s", e.Message)
	}
}

// limited is a context for a step.
func (tab *Tab) limited() (context.Context, context.CancelFunc) {
	return context.WithTimeout(tab.Context, patience)
}

// Do does things, and fails the test where they cannot be done in time.
func (tab *Tab) Do(actions ...chromedp.Action[chromedp.Void]) {
	tab.Helper()
	ctx, end := tab.limited()
	defer end()
	if err := chromedp.Do(ctx, actions...); err != nil {
		tab.Fatal(err)
	}
}

// Leave leaves the page, so that nothing of it asks any more.
func (tab *Tab) Leave() {
	tab.Helper()
	tab.Do(chromedp.Navigate("about:blank"))
}

// Value is what JavaScript evaluates to.
func Value[T any](tab *Tab, script string) T {
	tab.Helper()
	ctx, end := tab.limited()
	defer end()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		tab.Fatalf("%s: %v", script, err)
	}
	return v
}

// Text is the text that JavaScript evaluates to.
func (tab *Tab) Text(script string) string {
	tab.Helper()
	return Value[string](tab, "String("+script+")")
}

// Until waits until JavaScript is true.
func (tab *Tab) Until(script string) {
	tab.Helper()
	for began := time.Now(); time.Since(began) < patience; time.Sleep(100 * time.Millisecond) {
		if Value[bool](tab, "Boolean("+script+")") {
			return
		}
	}
	tab.Fatalf("never: %s", script)
}

// Shot writes what is seen to a file of the folder that CENET_SHOTS names, to be looked at; without it, it does nothing.
func (tab *Tab) Shot(name string) {
	tab.Helper()
	dir := os.Getenv("CENET_SHOTS")
	if dir == "" {
		return
	}
	time.Sleep(300 * time.Millisecond)
	ctx, end := tab.limited()
	defer end()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o666)
	}
	if err != nil {
		tab.Fatal(err)
	}
}

// Memory is what the process of the page holds by itself, in bytes; 0 where the system does not tell.
func (tab *Tab) Memory() int {
	tab.Helper()
	largest := 0
	list, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range list {
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), "--type=renderer") || !strings.Contains(string(text), tab.profile) {
			continue
		}
		rollup, err := os.ReadFile(filepath.Join(filepath.Dir(path), "smaps_rollup"))
		if err != nil {
			continue
		}
		sum := 0
		for line := range strings.Lines(string(rollup)) {
			var kib int
			if n, _ := fmt.Sscanf(line, "Private_Dirty: %d kB", &kib); n == 1 {
				sum += kib << 10
			}
			if n, _ := fmt.Sscanf(line, "Private_Clean: %d kB", &kib); n == 1 {
				sum += kib << 10
			}
		}
		largest = max(largest, sum)
	}
	return largest
}

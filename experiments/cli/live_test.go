package cli

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"cenet/results/web/webtest"
)

// A browser shows a sweep from its first epoch to its end; on the way it is killed and resumed. Its title and about are scripts, which
// must not run.
func TestLive(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds of training, and a browser")
	}
	const title, about = `<script>alert(1)</script>`, `"><img src=x onerror=alert(2)>`
	c := newCampaign(t, `title = "sweep"`, `title = "`+title+`"`+"\nabout = '"+about+"'", "epochs = 3", "epochs = 20")

	server := exec.Command(os.Args[0], "serve", "--addr", "127.0.0.1:0")
	server.Env = append(os.Environ(), asCommand+"=1", "CENET_ROOT="+c.root)
	server.Stderr = os.Stderr
	out, err := server.StdoutPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer server.Process.Kill()
	line, err := bufio.NewReader(out).ReadString('\n')
	address, _, ok := strings.Cut(line, " ")
	if err != nil || !ok || !strings.HasPrefix(address, "http://127.0.0.1:") {
		t.Fatalf("printed %q, %v", line, err)
	}

	tab := webtest.Open(t, address, 1280, 900)
	tab.Until(`document.getElementById("live-state").textContent === "Nothing is in training."`)
	state := func(want string) {
		tab.Helper()
		tab.Until(`document.querySelector(".run")?.dataset.state === "` + want + `"`)
	}

	first, printed := c.command()
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	defer first.Process.Kill()
	state("running")
	tab.Until(`document.querySelector(".run-running .ln")?.getAttribute("d").includes("L")`) // a curve of two epochs
	tab.Shot("live")
	for _, q := range []struct{ what, want string }{
		{`document.querySelector(".run h3").textContent`, title},
		{`document.querySelector(".run").dataset.name`, "sweep"},
		{`document.querySelector(".run .trials tbody td:nth-child(4)").textContent.includes("kernels")`, "true"},
		{`document.querySelector(".run .trials tbody td:nth-child(3)").textContent.startsWith("process ")`, "true"},
		{`document.querySelector(".run .counts").textContent.startsWith("running: ")`, "true"},
		{`document.images.length`, "0"},
	} {
		if got := tab.Text(q.what); got != q.want {
			t.Errorf("%s is %q, want %q", q.what, got, q.want)
		}
	}
	if err := first.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := first.Wait(); err == nil {
		t.Fatalf("it ended before it was killed: %s", printed)
	}
	state("stopped")
	tab.Until(`document.querySelector(".run .trials").textContent.includes("rerun the same command to resume")`)
	tab.Shot("live-stopped")

	c.finish()
	state("finished")
	tab.Until(`document.querySelector(".run .counts").textContent.startsWith("finished: 6 of 6 trials finished")`)
	if got := tab.Text(`[...document.querySelectorAll(".run figure")].map(f => f.querySelectorAll(".panel:first-child .run-finished .ln").length).join()`); got != "2,2,2" {
		t.Errorf("curves of finished seeds: %s", got)
	}
	tab.Shot("live-finished")
	tab.Until(`document.getElementById("live-reload")`)
	tab.Text(`document.getElementById("live-reload").click()`)
	tab.Until(`document.querySelector("section.experiment h2")?.textContent === ` + "`" + title + "`")
	if got := tab.Text(`document.querySelector("section.experiment .lead").textContent`); got != about {
		t.Errorf("it is about %q", got)
	}
	if got := tab.Text(`[...document.querySelectorAll("table.data tbody tr")].length`); got == "0" {
		t.Error("no table")
	}
	tab.Shot("live-tables")
	phone := webtest.Open(t, address, 390, 844)
	phone.Until(`document.querySelector(".run figure")`)
	if got := phone.Text(`document.documentElement.scrollWidth`); got != "390" {
		t.Errorf("on a phone the page is %s wide", got)
	}
	phone.Shot("live-390")
	phone.Leave() // it would go on asking the server that ends now
	tab.Leave()

	if err := server.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Errorf("the server: %v", err)
	}
}

package suite

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/results"
	"cenet/results/folder"
	"cenet/results/page"
	"cenet/results/stats"
)

// The evidence of this test is made up: accuracies follow from the block and the seed. Nothing in it was measured.

// gains of the blocks over no block in the made-up evidence, in percentage points. SE fails as a control in MobileNetV2.
var gains = map[string]map[string]float64{
	"resnet50": {"se": 1.1, "ce": 2.1}, "resnet18": {"se": 0.9, "ce": 1}, "mobilenetv2": {"se": -0.8, "ce": 1.2},
	"shufflenetv2-1.0": {"se": 1.3, "ce": 0.2},
}

// makeUp writes the records of an experiment, and returns their identities.
func makeUp(t *testing.T, out, name string, images results.Images) (identities []string) {
	t.Helper()
	s, err := embeddedSpec(name)
	if err != nil {
		t.Fatal(err)
	}
	var records []results.Record
	for _, trial := range s.Trials() {
		m := &trial.Model
		r := rand.New(rand.NewPCG(uint64(trial.Seed), uint64(m.Block[0])))
		sum := sha256.Sum256([]byte(name + trial.String()))
		top1 := 0.65 + (gains[m.Backbone][m.Block]+0.4*r.NormFloat64())/100
		records = append(records, results.Record{
			Kind: results.KindTrial, Name: trial.String(), Identity: hex.EncodeToString(sum[:]), Settings: trial.Settings(), Images: &images,
			Result: &results.Result{Top1: top1, Top5: 0.9, Weights: hex.EncodeToString(sum[:]),
				Epochs: []results.Epoch{{Epoch: 1, TestTop1: top1, TestTop5: 0.9}}},
		})
		identities = append(identities, records[len(records)-1].Identity)
	}
	dir := s.Folder(out, false)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := results.WriteRecords(filepath.Join(dir, results.RecordsFile), records); err != nil {
		t.Fatal(err)
	}
	return identities
}

// makeUpStudy writes the page of a study of some networks, with the claims that its demonstration makes on ResNet-18, on ResNet-50 as well.
func makeUpStudy(t *testing.T, out, name string, networks []string) {
	t.Helper()
	shown, err := folder.ReadPage(filepath.Join("..", "..", "results", name))
	if err != nil {
		t.Fatal(err)
	}
	var claims []stats.Claim
	for _, c := range shown.Claims() {
		rest, ofNetwork := strings.CutPrefix(c.Subject, "ResNet-18")
		if !ofNetwork && strings.HasPrefix(c.Subject, "ResNet") {
			continue
		}
		claims = append(claims, c)
		if c.Subject = "ResNet-50" + rest; ofNetwork {
			claims = append(claims, c)
		}
	}
	p := page.Page{Title: shown.Title, Networks: slices.Sorted(slices.Values(networks)), Sections: []page.Section{{Claims: claims}}}
	if _, err := folder.RenderPage(filepath.Join(out, name+"-cifar"), p); err != nil {
		t.Fatal(err)
	}
}

// Once the evidence is in, the page of claims has a row of its chart for each network with its images, width and epochs, at most thirty
// rows of counted claims, and six sentences. Claims whose control failed are marked and not counted. Demonstrations come last.
func TestPageOfEvidence(t *testing.T) {
	out := t.ArtifactDir()
	cifar100 := results.Images{Name: "cifar100", Train: 50000, Test: 10000, Classes: 100, Size: "32×32×3"}
	cifar10 := results.Images{Name: "cifar10", Train: 20000, Test: 10000, Classes: 10, Size: "32×32×3"}
	var networks []string
	for name, images := range map[string]results.Images{"table1-cifar": cifar100, "resnet18-cifar": cifar100, "table2-cifar": cifar100,
		"corrupt-cifar": cifar10} {
		if identities := makeUp(t, out, name, images); name == "table1-cifar" || name == "resnet18-cifar" {
			networks = append(networks, identities...)
		}
	}
	for _, name := range []string{"ablation", "magnitude", "gamma", "inhibited"} {
		makeUpStudy(t, out, name, networks)
	}
	for _, name := range []string{"table1", "table2", "corrupt", "ablation", "gamma", "remark1", "prop1", "nash", "init"} {
		if err := os.CopyFS(filepath.Join(out, name), os.DirFS(filepath.Join("..", "..", "results", name))); err != nil {
			t.Fatal(err)
		}
	}
	o := run.Options{Out: out}
	all, err := Overview(o)
	if err != nil {
		t.Fatal(err)
	}
	var labels []string
	uncounted := map[string]bool{} // rows of the chart by panel and label
	for _, p := range all.Chart.Panels {
		labels = nil
		for _, r := range p.Rows {
			labels = append(labels, r.Label)
			uncounted[p.Title+": "+r.Label] = r.Uncounted
		}
	}
	const mobile = "MobileNetV2, CIFAR-100, width 1, 20 epochs"
	if want := []string{"ResNet-50, CIFAR-100, width 0.25, 30 epochs", "ResNet-18, CIFAR-100, width 0.25, 40 epochs", mobile,
		"ShuffleNetV2 1×, CIFAR-100, width 1, 20 epochs",
		"mean over corruption rate above 0, ResNet-18, CIFAR-10, width 0.25, 30 epochs"}; !slices.Equal(labels, want) {
		t.Errorf("rows of the chart: %q, want %q", labels, want)
	}
	if !uncounted["CE − SE: "+mobile] || uncounted["CE − baseline: "+mobile] || uncounted["CE − SE: "+labels[0]] {
		t.Errorf("marked as not counted: %v", uncounted)
	}
	rows := all.Counted()
	if len(rows) > 30 || len(rows) < 20 {
		t.Errorf("%d rows of counted claims, want at most 30", len(rows))
	}
	for _, r := range rows {
		if r.Claim == "CE > SE" && r.On == mobile {
			t.Error("a claim whose control failed is counted")
		}
		if !strings.Contains(r.On, "epochs") && !strings.Contains(r.On, "width") && !strings.Contains(r.Claim, "cost") &&
			!strings.Contains(r.Claim, "time") {
			t.Errorf("%s on %q: no width and no epochs", r.Claim, r.On)
		}
	}
	var questions []string
	for _, s := range all.Summary {
		questions = append(questions, s.Question)
		if strings.Contains(s.Answer, "finished") {
			t.Errorf("%s %s", s.Question, s.Answer)
		}
	}
	if want := []string{"Is CE more accurate than no block?", "Is CE more accurate than SE?", "Does CE help with corrupted labels?",
		"Are channels inhibited, and does CE make them more equal?", "What does CE cost?", "Does the theory hold?"}; !slices.Equal(questions, want) {
		t.Errorf("questions: %q, want %q", questions, want)
	}
	for _, topic := range all.Topics {
		for _, c := range topic.Claims {
			if !topic.Demonstration && c.Compared != nil && c.Role != stats.NotInPaper && c.UnderTrained {
				t.Errorf("%s: %s is marked as under-trained", topic.Name, c.Statement)
			}
		}
	}
	if a := all.Summary[1].Answer; !strings.Contains(a, "not counted for MobileNetV2 (") || !strings.Contains(a, "where the control failed") ||
		!strings.Contains(a, "On CIFAR-100.") {
		t.Error(a)
	}
	path, err := WriteOverview(o)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	counts, demonstrations, _ := strings.Cut(string(text), "## Demonstrations\n")
	for _, name := range []string{"table1", "table2", "corrupt"} {
		if link := "`./reproduce.sh " + name + "`"; strings.Contains(counts, link) || !strings.Contains(demonstrations, link) {
			t.Errorf("%s is not among the demonstrations alone", name)
		}
	}
	if !strings.Contains(counts, "control failed: ") || strings.Contains(demonstrations, "-cifar") {
		t.Error("the evidence is not apart from the demonstrations")
	}
}

// The file of init names the comparisons that the page shows; its tables have the others.
func TestShownComparisons(t *testing.T) {
	s, err := embeddedSpec("init")
	if err != nil {
		t.Fatal(err)
	}
	shown, err := topicOf(s, run.Options{Out: filepath.Join("..", "..", "results")})
	if err != nil {
		t.Fatal(err)
	}
	if len(shown.Claims) != 6 || shown.Folded != 22 {
		t.Errorf("%d claims are shown and %d are not, want 6 and 22", len(shown.Claims), shown.Folded)
	}
	src, err := os.ReadFile(filepath.Join("..", "init.toml"))
	if err != nil {
		t.Fatal(err)
	}
	bad := strings.Replace(string(src), `shows = ["CE > SE"`, `shows = ["CE > SO"`, 1)
	if _, err := spec.Load("init.toml", []byte(bad), Names()); err == nil ||
		!strings.Contains(err.Error(), `topic.shows: [compare] has no "CE > SO"; nearest: "CE > SE"`) {
		t.Errorf("an unknown comparison: %v", err)
	}
}

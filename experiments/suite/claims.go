package suite

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"cenet/experiments/network"
	"cenet/experiments/report"
	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/experiments/trained"
	"cenet/results"
	"cenet/results/folder"
	"cenet/results/layout"
	"cenet/results/page"
	"cenet/results/stats"
	"cenet/results/web"
	"cenet/results/words"
)

// A topic is the experiments that try the same claims, the smallest scale last.
type topic struct{ scales []*spec.Spec }

// plain is the experiment at its smallest scale, which names the topic.
func (t topic) plain() *spec.Spec { return t.scales[len(t.scales)-1] }

// topics are those of the experiments that come with the program, by the ranks in their files.
func topics() ([]topic, error) {
	var shown []*spec.Spec
	for _, name := range Names().Embedded() {
		s, err := embeddedSpec(name)
		if err != nil {
			return nil, err
		}
		if s.Topic.Heading != "" {
			shown = append(shown, s)
		}
	}
	slices.SortStableFunc(shown, func(a, b *spec.Spec) int { return cmp.Compare(a.Topic.Rank, b.Topic.Rank) })
	var list []topic
	for _, s := range shown {
		if s.Topic.ScaleOf != "" {
			continue
		}
		t := topic{}
		for _, larger := range shown {
			if larger.Topic.ScaleOf == s.Name {
				t.scales = append(t.scales, larger)
			}
		}
		list = append(list, topic{append(t.scales, s)})
	}
	return list, nil
}

// overviewFile is the page of all claims, in the folder of the results.
const overviewFile = "README.md"

// overviewPath is where that page is.
func overviewPath(o run.Options) string {
	if o.Quick {
		return filepath.Join(o.Out, "quick", overviewFile)
	}
	return filepath.Join(o.Out, overviewFile)
}

// Overview is the page of all claims, from what experiments have left in the folder of the results. What is not there, or was not
// made with the settings of now, it says.
func Overview(o run.Options) (page.Overview, error) {
	all := page.Overview{
		Title: "What reproduces, and what does not",
		About: []string{
			"Every claim of the authors' slides on “Channel Equilibrium Networks for Learning Deep Representation” (Shao et al., ICML 2020), by weight: the paper's figure, " +
				"ours, and the verdict. The paper's figures are those of networks at full width on ImageNet, ours of smaller networks on smaller images: what is not " +
				"reproduced here is not refuted there. Where an experiment was run at several scales, the largest decides, and a claim counts once. Settings, numbers of seeds and what a claim is on " +
				"stand in the experiments' files, fixed before their runs. `./reproduce.sh all` makes what needs no other images than come with the program, and this page.",
			"Differences are of Top-1 in percentage points (pp), mean over seeds ± half the width of the paired 95 % confidence interval (Student's t). “CE > X” is reproduced " +
				"where the interval lies above 0; contradicted where it lies below 0; smaller than the paper's where it holds 0 and ends below half the paper's difference; else undecided. " +
				"p is that of the test of no difference, after Holm's correction over all claims on CE of the paper's table that were trained. Areas under curves and Gini coefficients are in points of 100, and judged alike.",
			"“SE > baseline” is a control: everybody finds it. It fails where its interval does not lie above 0, or lies above twice the paper's difference. “CE > SE” then measures SE: it is shown, and not counted. " +
				"A sample without spread, of fewer than three seeds, of networks at chance, or of an under-trained baseline decides nothing.",
			"That some channels are inhibited, or have a small γ, is reproduced where the interval of their share lies above 0, that most have β < 0 where it lies above half; a share that is as it was at the start decides " +
				"nothing. GFLOPs are reproduced where they round to the paper's cell; the time of an inference where the upper end of its ratio to the baseline's is at most the paper's ratio + 0.05. What holds by construction and " +
				"statements of theory are listed, and not counted.",
		},
		Quick: o.Quick,
	}
	list, err := topics()
	if err != nil {
		return all, err
	}
	before := map[string]bool{}
	for _, t := range list {
		scales, err := t.read(o)
		if err != nil {
			return all, err
		}
		for _, shown := range scales {
			shown.Claims = slices.DeleteFunc(shown.Claims, func(c stats.Claim) bool { // of the same networks: they count once
				said := words.Name(&c) + ": " + words.Ours(&c)
				defer func() { before[said] = true }()
				return before[said]
			})
			all.Topics = append(all.Topics, shown)
		}
	}
	all.Summary = summary(all.Topics)
	all.Chart, all.Styles = forest(all.Topics), network.Styles()
	return all, nil
}

// read is what the experiments of a topic have left, the largest scale first. A claim is counted once.
func (t topic) read(o run.Options) ([]page.Topic, error) {
	var list []page.Topic
	for _, s := range t.scales {
		shown, err := topicOf(s, s.Topic.Heading, o)
		if err != nil {
			return nil, err
		}
		shown.Family, shown.Demonstration = t.plain().Name, s == t.plain() && len(t.scales) > 1
		if shown.Absent == "" || s == t.plain() && len(list) == 0 { // one that was not run is enough to show
			list = append(list, shown)
		}
	}
	supersede(list)
	return list, nil
}

// supersede marks the claims of topics, the largest scale first, that one before has measured. What a scale has not measured yet is left to those that
// have. A demonstration is counted for what a block costs alone.
func supersede(topics []page.Topic) {
	measured := map[string]bool{}
	for _, t := range topics {
		for _, c := range t.Claims {
			measured[words.Name(&c)] = measured[words.Name(&c)] || c.Measured()
		}
	}
	larger := map[string]bool{}
	for i := range topics {
		claims := slices.DeleteFunc(topics[i].Claims, func(c stats.Claim) bool { return measured[words.Name(&c)] && !c.Measured() })
		for k := range claims {
			c := &claims[k]
			cost := c.Unit == stats.Times || c.Unit == stats.GFLOPs
			c.Superseded = larger[words.Name(c)] || topics[i].Demonstration && !cost
			larger[words.Name(c)] = true
		}
		topics[i].Claims = claims
	}
}

// embeddedSpec loads an experiment that comes with the program.
func embeddedSpec(name string) (*spec.Spec, error) {
	return Names().LoadNamed(name)
}

// topicOf is what the experiment has left.
func topicOf(s *spec.Spec, head string, o run.Options) (page.Topic, error) {
	t := page.Topic{Head: head, Name: s.Name, Title: report.Heading(s)}
	absent := func(err error) (page.Topic, error) {
		if errors.Is(err, fs.ErrNotExist) {
			t.Absent = fmt.Sprintf("Not run: `./reproduce.sh %s`.", s.Name)
			return t, nil
		}
		return t, err
	}
	if s.Checks != "" {
		p, err := folder.ReadPage(s.Folder(o.Out, o.Quick))
		if err != nil {
			return absent(err)
		}
		if others, err := ofOthers(p, s, o); err != nil {
			return t, err
		} else if others {
			t.Absent = fmt.Sprintf("Not run on the networks that the records of %s are of: `./reproduce.sh %s`.", spec.Of[spec.Networks](s).Experiment, s.Name)
			return t, nil
		}
		t.Claims = p.Claims()
		if len(t.Claims) == 0 {
			for _, section := range p.Sections {
				for _, c := range section.Charts {
					t.Figures = append(t.Figures, c.Name)
				}
			}
		}
		return t, nil
	}
	records, err := results.ReadRecords(filepath.Join(s.Folder(o.Out, o.Quick), report.RecordsFile))
	if err != nil {
		return absent(err)
	}
	if records, err = report.Matching(s, o.Quick, records); err != nil {
		t.Absent = fmt.Sprintf("Not run with the settings of its file: `%s`.", s.Command())
		return t, nil
	}
	trials := s.Trials()
	if o.Quick {
		trials = spec.Quick(trials)
	}
	l := report.Layout(s, o.Quick, records)
	t.Title, t.Scale, t.Setting = l.Title, report.Scale(s, trials), report.Setting(trials, records)
	claims, err := layout.Claims(l, records)
	if err != nil {
		return t, fmt.Errorf("%s: %w", s.Folder(o.Out, o.Quick), err)
	}
	t.Claims = claims
	if s.Topic.Claims == spec.ClaimsOfOurs {
		for i := range claims {
			if claims[i].Role == stats.FromPaper {
				claims[i].Role = stats.NotInPaper
			}
		}
	}
	if s.Topic.Claims == spec.NoClaims {
		t.Claims = nil
		if len(claims) > 0 {
			t.Figures = []string{claims[0].Plot}
		}
	}
	return t, nil
}

// ofOthers tells whether the page of a check is on networks of which the experiment that trains them has left no records, but records of others.
func ofOthers(p page.Page, check *spec.Spec, o run.Options) (bool, error) {
	if len(p.Networks) == 0 {
		return false, nil
	}
	networks, err := trained.NetworksOf(check)
	if err != nil {
		return false, err
	}
	records, err := results.ReadRecords(filepath.Join(networks.Folder(o.Out, o.Quick), report.RecordsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	known := map[string]bool{}
	for _, r := range records {
		known[r.Identity] = true
	}
	return slices.ContainsFunc(p.Networks, func(identity string) bool { return !known[identity] }), err
}

// WriteOverview renders the page of all claims again, and returns its path.
func WriteOverview(o run.Options) (string, error) {
	all, err := Overview(o)
	if err != nil {
		return "", err
	}
	path := overviewPath(o)
	if err := keepsTopics(all, o); err != nil {
		return "", err
	}
	return path, folder.WriteOverview(path, all)
}

// WritePage draws everything that experiments have left in the folder of the results as one page, and returns its path.
func WritePage(o run.Options) (string, error) {
	claims, err := Overview(o)
	if err != nil {
		return "", err
	}
	if err := keepsTopics(claims, o); err != nil {
		return "", err
	}
	list, err := web.Read(o.Out)
	if err != nil {
		return "", err
	}
	return web.Write(o.Out, web.Site{Overview: claims, Experiments: list})
}

// ofExperiment finds in the page of all claims the tables that it is drawn from.
var ofExperiment = regexp.MustCompile(`\]\(([^()/]+)/table\.md\)`)

// keepsTopics refuses to draw the page of all claims where it has something of an experiment, whose results are there still but are no longer
// those of its file.
func keepsTopics(all page.Overview, o run.Options) error {
	there, err := os.ReadFile(overviewPath(o))
	if o.Quick || o.Replace || err != nil {
		return nil // nothing is there
	}
	shown := map[string]bool{}
	for _, m := range ofExperiment.FindAllSubmatch(there, -1) {
		shown[string(m[1])] = true
	}
	var lost []string
	for _, t := range all.Topics {
		if _, err := os.Stat(filepath.Join(o.Out, t.Name)); err == nil && t.Absent != "" && shown[t.Name] {
			lost = append(lost, fmt.Sprintf("%s (%s)", t.Name, strings.TrimSuffix(t.Absent, ".")))
		}
	}
	if lost == nil {
		return nil
	}
	return &spec.InputError{Err: &report.LossError{Dir: overviewPath(o), Text: "it has claims that would be lost, of " + strings.Join(lost, ", ")}}
}

// PaperFigures returns what the paper prints of a network with a block, from the first experiment that comes with the program and
// has it; ok is false where none has.
func PaperFigures(backbone, block string) (cell spec.Cell, ok bool) {
	for _, name := range Names().Embedded() {
		s, err := embeddedSpec(name)
		if err != nil {
			continue // which a test of the embedded files tells
		}
		for _, cell := range s.Paper {
			if cell.Model == backbone && cell.Block == block {
				return cell, true
			}
		}
	}
	return spec.Cell{}, false
}

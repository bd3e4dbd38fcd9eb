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

	"cenet/experiments/mistake"
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

// A topic is a group of experiments that test the same claims, the smallest scale last.
type topic struct{ scales []*spec.Spec }

// plain is the experiment at the smallest scale, which names the topic.
func (t topic) plain() *spec.Spec { return t.scales[len(t.scales)-1] }

// topics returns the topics of the built-in experiments, sorted by the ranks in their files.
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

// overviewFile is the page of all claims, in the results folder.
const overviewFile = "README.md"

// overviewPath is the path of the page of all claims.
func overviewPath(o run.Options) string {
	if o.Quick {
		return filepath.Join(o.Out, "quick", overviewFile)
	}
	return filepath.Join(o.Out, overviewFile)
}

// Overview is the page of all claims, from the results folder. It names experiments whose results are missing or were made with other
// settings.
func Overview(o run.Options) (page.Overview, error) {
	all := page.Overview{
		Title: "What reproduces, and what does not",
		Lead: "The claims are those of the authors' slides on “Channel Equilibrium Networks for Learning Deep Representation” (Shao et al., " +
			"ICML 2020). The paper's figures are from networks at full width on ImageNet, ours from smaller networks on smaller images: a claim " +
			"that is not reproduced here is not refuted there.",
		About: []string{
			"If an experiment was run at several scales, the largest one decides, and a claim counts once. The experiments' files fix settings, " +
				"seeds and claims before the runs. `./reproduce.sh all` runs everything that needs only embedded images, and writes this page.",
			"Differences are in Top-1, in percentage points (pp): mean over seeds ± half the width of the paired 95 % confidence interval " +
				"(Student's t). “CE > X” is reproduced if the interval lies above 0, and contradicted if it lies below 0. It is smaller than the " +
				"paper's if the interval contains 0 and ends below half the paper's difference. Otherwise it is undecided. p is from the test of " +
				"no difference, with Holm's correction over all trained claims about CE in the paper's table. Areas under curves and Gini " +
				"coefficients are multiplied by 100 and judged in the same way.",
			"“SE > baseline” is a control: it is well established. The control fails if its interval does not lie above 0, or lies above twice " +
				"the paper's difference. Then “CE > SE” measures SE rather than CE, and is shown but not counted. A sample decides nothing if it " +
				"has no spread or fewer than three seeds, if its networks are at chance, or if its baseline is under-trained.",
			"That some channels are inhibited, or have a small γ, is reproduced if the interval of their share lies above 0. That most have β " +
				"< 0 is reproduced if it lies above half. A share that has not changed since the start of the training decides nothing. GFLOPs " +
				"are reproduced if they round to the paper's cell. The time of an inference is reproduced if the upper end of its ratio to the " +
				"baseline is at most the paper's ratio + 0.05. Claims that hold by construction and statements of theory are listed, but not " +
				"counted.",
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
			shown.Claims = slices.DeleteFunc(shown.Claims, func(c stats.Claim) bool { // claims about the same networks count once
				text := words.Name(&c) + ": " + words.Ours(&c)
				defer func() { before[text] = true }()
				return before[text]
			})
			all.Topics = append(all.Topics, shown)
		}
	}
	all.Summary = summary(all.Topics)
	all.Chart, all.Styles = forest(all.Topics), network.Styles()
	return all, nil
}

// read returns the results of a topic's experiments, the largest scale first. A claim is counted once.
func (t topic) read(o run.Options) ([]page.Topic, error) {
	var list []page.Topic
	var unfinished []string // larger scales
	for _, s := range t.scales {
		shown, err := topicOf(s, o)
		if err != nil {
			return nil, err
		}
		plain := s == t.plain()
		shown.Family, shown.Answers, shown.Demonstration = t.plain().Name, t.plain().Topic.Answers, plain && len(t.scales) > 1
		if !plain && (shown.Absent != "" || slices.ContainsFunc(shown.Claims, func(c stats.Claim) bool { return c.Awaited })) {
			unfinished = append(unfinished, s.Name)
		}
		if shown.Absent == "" || plain && len(list) == 0 { // of scales that were not run, show only the smallest
			list = append(list, shown)
		}
	}
	list[len(list)-1].Awaits = unfinished
	supersede(list)
	return list, nil
}

// supersede marks claims that a larger scale has measured. Topics are sorted by scale, the largest first. It removes a claim from a
// scale that has not measured it if another scale has. In a demonstration only the costs of blocks count.
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
			c.Superseded = larger[words.Name(c)] || topics[i].Demonstration && !c.Cost()
			larger[words.Name(c)] = true
		}
		topics[i].Claims = claims
	}
}

// embeddedSpec loads a built-in experiment.
func embeddedSpec(name string) (*spec.Spec, error) {
	return Names().LoadNamed(name)
}

// topicOf returns the results of an experiment.
func topicOf(s *spec.Spec, o run.Options) (page.Topic, error) {
	t := page.Topic{Head: s.Topic.Heading, Name: s.Name, Title: report.Heading(s)}
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
		if others, err := ofOthers(p, s, &t, o); err != nil {
			return t, err
		} else if others {
			n := spec.Of[spec.Networks](s)
			t.Absent = fmt.Sprintf("Not run on the networks in the records of %s: `./reproduce.sh %s`.", n.Name(), s.Name)
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
	records, err := results.ReadRecords(filepath.Join(s.Folder(o.Out, o.Quick), results.RecordsFile))
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
	t.Title, t.Scale = l.Title, report.Scale(s, trials).String()
	t.Images, t.Setting = report.Setting(s, trials, records)
	claims, err := layout.Claims(l, records)
	if err != nil {
		return t, fmt.Errorf("%s: %w", s.Folder(o.Out, o.Quick), err)
	}
	if shows := s.Topic.Shows; len(shows) > 0 {
		all := len(claims)
		claims = slices.DeleteFunc(claims, func(c stats.Claim) bool {
			return c.Compared != nil && !slices.Contains(shows, c.Compared.Value+" > "+c.Compared.Against)
		})
		t.Folded = all - len(claims)
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

// ofOthers reports whether the page of a check is about networks that the records of its experiments do not have. It sets what the topic
// says of the networks' images and settings.
func ofOthers(p page.Page, check *spec.Spec, t *page.Topic, o run.Options) (bool, error) {
	if len(p.Networks) == 0 {
		return false, nil
	}
	experiments, err := trained.Experiments(check)
	if err != nil {
		return false, err
	}
	recorded := map[string]bool{}
	var trials []spec.Trial
	var all []results.Record
	for _, e := range experiments {
		records, err := results.ReadRecords(filepath.Join(e.Folder(o.Out, o.Quick), results.RecordsFile))
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		for _, r := range records {
			recorded[r.Identity] = true
		}
		trials, all = append(trials, e.Trials()...), append(all, records...)
	}
	t.Images, t.Setting = report.Setting(nil, trials, all)
	return slices.ContainsFunc(p.Networks, func(identity string) bool { return !recorded[identity] }), nil
}

// WriteOverview renders the page of all claims and returns its path.
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

// WritePage draws the whole results folder as one HTML page and returns its path.
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

// ofExperiment finds the links to experiments in the page of all claims.
var ofExperiment = regexp.MustCompile(`\]\(([^()/]+)/table\.md\)`)

// keepsTopics returns an error if the existing page of claims has an experiment whose results still exist, but were made with other
// settings than its file has now: its claims would be lost.
func keepsTopics(all page.Overview, o run.Options) error {
	there, err := os.ReadFile(overviewPath(o))
	if o.Quick || o.Replace || err != nil {
		return nil // no page yet
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
	return mistake.Of(&report.LossError{Dir: overviewPath(o), Text: "it has claims that would be lost, of " +
		strings.Join(lost, ", ")})
}

// PaperFigures returns the paper's figures of a network with a block, from the first built-in experiment that has them; ok is false if
// none has.
func PaperFigures(backbone, block string) (cell spec.Cell, ok bool) {
	for _, name := range Names().Embedded() {
		s, err := embeddedSpec(name)
		if err != nil {
			continue // a test covers this
		}
		for _, cell := range s.Paper {
			if cell.Model == backbone && cell.Block == block {
				return cell, true
			}
		}
	}
	return spec.Cell{}, false
}

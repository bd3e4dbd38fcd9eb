package layout

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"cenet/results"
	"cenet/results/stats"
	"cenet/results/words"
)

// mark follows the name of a case.
func (v *view) mark(c *caseOf) string {
	if v.marked[c] {
		return " †"
	}
	return ""
}

func (v *view) underTrainedText() string {
	return fmt.Sprintf("† under-trained: the baseline's Top-1 is below the %s %% that this experiment expects of it.",
		words.Raw(math.Round(1e6*v.ExpectBaseline)/1e4))
}

// saturationText warns of Top-5 where five guesses cover half of the classes or more.
func (v *view) saturationText() string {
	if !v.saturated() {
		return ""
	}
	return fmt.Sprintf("‡ Top-5 on %d classes is near saturation: five guesses at random already hit %.0f %%. Read Top-1.",
		v.Classes, 100*min(1, 5/float64(v.Classes)))
}

// saturated reports whether five guesses cover half of the classes or more.
func (v *view) saturated() bool { return v.Classes >= 1 && v.Classes <= 10 }

// saturationMark is in the head of the column of Top-5.
func (v *view) saturationMark() string {
	if v.saturated() {
		return " ‡"
	}
	return ""
}

// absences names every trial that failed or is missing.
func (v *view) absences() []string {
	var lines []string
	for _, c := range v.cases {
		where := v.settingsLabel(c.values, "", nil)
		if where != "" {
			where += ", "
		}
		for _, s := range slices.SortedFunc(maps.Keys(c.failed), naturally) {
			lines = append(lines, fmt.Sprintf("failed: %sseed %s: %s; left out of the mean", where, s, c.failed[s].Result.Failure))
		}
		if len(c.missing) > 0 {
			lines = append(lines, fmt.Sprintf("missing: %s%s (%s)", where, words.Count(len(c.missing), "seed"), strings.Join(c.missing, ", ")))
		} else if len(c.trials)+len(c.failed) == 0 {
			lines = append(lines, fmt.Sprintf("no trial: %s", strings.TrimSuffix(where, ", ")))
		}
	}
	return lines
}

// machine says when and on what the trials ran, one value after the other where they differ.
func (v *view) machine() []string {
	var trials, networks []results.Provenance
	for _, r := range v.records {
		if r.Kind == results.KindTrial {
			trials = append(trials, r.Provenance)
		} else {
			networks = append(networks, r.Provenance)
		}
	}
	var lines []string
	if len(trials) > 0 {
		first, last := trials[0].Started, trials[0].Started
		end := first
		var total float64
		for _, p := range trials {
			if p.Started.Before(first) {
				first = p.Started
			}
			if p.Started.After(last) {
				last = p.Started
			}
			if stats.Finite(p.Seconds) && p.Seconds > 0 {
				total += p.Seconds
				if e := p.Started.Add(time.Duration(p.Seconds * float64(time.Second))); e.After(end) {
					end = e
				}
			}
		}
		if !first.IsZero() {
			const form = "2006-01-02 15:04"
			lines = append(lines, fmt.Sprintf("trials started between %s and %s UTC; %s from the first start to the last end",
				first.UTC().Format(form), last.UTC().Format(form), words.Seconds(end.Sub(first).Seconds())))
		}
		lines = append(lines, fmt.Sprintf("training and evaluation: %s, %s in total", words.Count(len(trials), "trial"), words.Seconds(total)))
		lines = append(lines, machines("trained on", trials)...)
	}
	if len(networks) > 0 && !slices.Equal(machines("", networks), machines("", trials)) {
		lines = append(lines, machines("CPU (s) and costs on", networks)...)
	}
	return lines
}

// machines describes the distinct machines among some provenances, in natural order.
func machines(what string, list []results.Provenance) []string {
	var lines []string
	for _, p := range list {
		parts := []string{}
		add := func(format string, used bool, a ...any) {
			if used {
				parts = append(parts, fmt.Sprintf(format, a...))
			}
		}
		name, onCPU := p.CPU, p.Device == ""
		if !onCPU {
			name = p.Device + " with " + cmp.Or(p.CPU, "a CPU")
		}
		add("%s", name != "", name)
		add("%s", p.Cores > 0, words.Count(p.Cores, "core"))
		add("%s", onCPU && p.Workers > 0, words.Count(p.Workers, "worker"))
		add("%s kernels", onCPU && p.Kernels != "", p.Kernels)
		add("%s", p.GoVersion != "", p.GoVersion)
		add("cenet %s", p.Version != "", p.Version)
		if len(parts) > 0 {
			lines = append(lines, strings.TrimSpace(what+" "+strings.Join(parts, ", ")))
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

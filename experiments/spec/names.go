package spec

import (
	"io/fs"
	"maps"
	"reflect"
	"slices"
)

// Names are what a file may name, beyond what this package defines: registries add it. A new network, block or check is then known to the
// files at once.
type Names struct {
	// Choices are the valid values of settings whose tags list none, by dotted key.
	Choices map[string][]string
	// Aliases are other names of values, each with the name among the choices: torchvision's for backbones.
	Aliases map[string]string
	// Files are the experiments that come with the program, each as NAME.toml; nil: none.
	Files fs.FS

	// Defaults sets what a trial has at its default where that follows from other settings, which chosen returns by dotted key. nil: nothing
	// does.
	Defaults func(s *Setup, chosen func(key string) string)
	// Rules are conditions on several settings of a trial, in addition to those of this package.
	Rules []Rule
	// NeedsDir reports whether the file must name the folder that a source reads. nil leaves data.dir unchecked, for when the folder comes
	// from elsewhere.
	NeedsDir func(source string) bool

	trials, checks tables
	ofCheck        map[string][]string // tables of each check
}

// A Rule is a condition on several settings of a trial.
type Rule struct {
	Keys   []string // the first is to blame
	Broken func(*Setup) string
}

// tables are settings, and the structs with those that a registry added, by table.
type tables struct {
	settings []Setting
	structs  map[string]any
}

// add adds the fields of a struct as a table, before the settings from the given index on.
func (t *tables) add(at int, table string, settings any, needs *need) {
	if t.structs[table] != nil {
		return
	}
	list := settingsOf(table, reflect.TypeOf(settings))
	for i := range list {
		if list[i].table = table; list[i].needs == nil {
			list[i].needs = needs
		}
	}
	t.settings = slices.Insert(slices.Clone(t.settings), at, list...)
	t.structs = maps.Clone(t.structs)
	if t.structs == nil {
		t.structs = map[string]any{}
	}
	t.structs[table] = settings
}

// Choose makes names the valid values of a setting.
func (n *Names) Choose(key string, names ...string) {
	n.Choices = maps.Clone(n.Choices)
	if n.Choices == nil {
		n.Choices = map[string][]string{}
	}
	n.Choices[key] = names
}

// AddBlocks gives files a table with the settings of channel blocks, which the fields of a struct describe: see settingsOf. They have an
// effect where the block is one of the given, unless their tags say otherwise. Fields that are not settings keep the value that they have
// in the struct.
func (n *Names) AddBlocks(table string, settings any, blocks ...string) {
	n.trials.settings = n.ofTrials()
	at := slices.IndexFunc(n.trials.settings, func(s Setting) bool { return s.Key == "train.epochs" })
	n.trials.add(at, table, settings, oneOf("model.block", blocks))
}

// AddCheck lets files name a check, with tables whose settings the fields of structs describe: see settingsOf. Checks may share a table.
func (n *Names) AddCheck(name string, structs map[string]any) {
	n.Choose("check", slices.Sorted(slices.Values(append(slices.Clone(n.Choices["check"]), name)))...)
	for _, table := range slices.Sorted(maps.Keys(structs)) {
		n.checks.add(len(n.checks.settings), table, structs[table], nil)
	}
	n.ofCheck = maps.Clone(n.ofCheck)
	if n.ofCheck == nil {
		n.ofCheck = map[string][]string{}
	}
	n.ofCheck[name] = slices.Collect(maps.Keys(structs))
}

// Need says what it takes for a setting of trials to have an effect, in words and as a condition.
func (n *Names) Need(key, text string, met func(*Setup) bool) {
	n.trials.settings = slices.Clone(n.ofTrials())
	find(n.trials.settings, key).needs = &need{text, met}
}

// Settings that this package defines.
var (
	headSettings  = settingsOf("", reflect.TypeFor[Spec]())
	trialSettings = settingsOf("", reflect.TypeFor[Setup]())
	cellSettings  = settingsOf("", reflect.TypeFor[Cell]())
	caseName      = settingsOf("", reflect.TypeFor[Case]())[0]
)

// ofTrials are the settings of trials.
func (n *Names) ofTrials() []Setting {
	if n.trials.settings == nil {
		return trialSettings
	}
	return n.trials.settings
}

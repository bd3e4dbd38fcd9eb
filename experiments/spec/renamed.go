package spec

import "fmt"

// renamed are keys of earlier versions, with what they are called now. They work, with a warning.
var renamed = map[string]string{
	"ablation.pictures":  "ablation.images",
	"inhibited.pictures": "inhibited.images",
	"magnitude.pictures": "magnitude.images",
	"networks.pictures":  "networks.images",
	"nash.meetings":      "nash.convergence",
}

// current returns the key by which a setting is called now, and a warning where it is another one.
func current(key string) (now, warning string) {
	if now, ok := renamed[key]; ok {
		return now, fmt.Sprintf("%s: is called %s now; the old name works in this version still", key, now)
	}
	return key, ""
}

// renamed returns the key by which a setting is called now, and notes a warning where the file has an earlier one.
func (l *loader) renamed(key, path string) string {
	now, warning := current(key)
	if warning != "" {
		l.spec.Warnings = append(l.spec.Warnings, fmt.Sprintf("%s:%d: %s", l.file, l.index.line(path), warning))
	}
	return now
}

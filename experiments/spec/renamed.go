package spec

import (
	"fmt"
)

// renaming is the new key of a setting, and its value for a value of the old key; nil: the same. earlier is the value of the old key for
// one of the new, if it has one: the identities of trials that were recorded under the old key follow from it. nil: no trial was.
type renaming struct {
	key     string
	value   func(old any) any
	earlier func(now any) (old any, ok bool)
}

// renamed are the keys of earlier versions. They work, with a warning.
var renamed = map[string]renaming{
	"ablation.pictures":     {key: "ablation.images"},
	"inhibited.pictures":    {key: "inhibited.images"},
	"magnitude.pictures":    {key: "magnitude.images"},
	"networks.pictures":     {key: "networks.images"},
	"nash.meetings":         {key: "nash.convergence"},
	"model.zero_last_gamma": {"model.last_gamma", lastGamma, zeroLastGamma},
}

// zeroLastGamma is model.zero_last_gamma for model.last_gamma.
func zeroLastGamma(gamma any) (zero any, ok bool) {
	switch gamma {
	case 0.0:
		return true, true
	case 1.0:
		return false, true
	}
	return nil, false
}

// asRecorded puts settings under the keys by which an identity has them: the earliest that has the value.
func asRecorded(settings map[string]any) {
	for old, r := range renamed {
		now, given := settings[r.key]
		if !given || r.earlier == nil {
			continue
		}
		if was, ok := r.earlier(now); ok {
			delete(settings, r.key)
			settings[old] = was
		}
	}
}

// lastGamma is model.last_gamma for model.zero_last_gamma, or for a list of its values.
func lastGamma(zero any) any {
	switch v := zero.(type) {
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = lastGamma(v[i])
		}
		return list
	case bool:
		if v {
			return 0.0
		}
		return 1.0
	case string: // of a command line
		if v == "true" || v == "false" {
			return lastGamma(v == "true")
		}
	}
	return zero // which is not valid, and is reported
}

// current returns the key of a setting and its value as this version has them, and a warning if the key has another name now.
func current(key string, v any) (now string, value any, warning string) {
	r, ok := renamed[key]
	if !ok {
		return key, v, ""
	}
	if several, ok := v.(Alternatives); ok && r.value != nil {
		v = several.each(r.value)
	} else if r.value != nil {
		v = r.value(v)
	}
	return r.key, v, fmt.Sprintf("%s: is called %s now; the old name works in this version still", key, r.key)
}

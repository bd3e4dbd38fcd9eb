package torchfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxDepth is the depth of nested dictionaries to which a state dictionary is searched for.
const maxDepth = 4

// A candidate is a dictionary of tensors somewhere in what a file holds.
type candidate struct {
	path []string
	dict *dict
	real bool // has a tensor of floating-point numbers that is no single one
}

func (c candidate) String() string {
	if len(c.path) == 0 {
		return "the outermost"
	}
	return fmt.Sprintf("%q", shortened(strings.Join(c.path, ".")))
}

// usual are the keys under which state dictionaries are kept, the more usual first.
var usual = []string{"state_dict", "model_state_dict", "model_state", "model", "net", "network", "module", "weights", "params", "backbone",
	"encoder"}

// averaged reports whether a key is that of an average over the steps of training, which is next to the weights themselves.
func averaged(path []string) bool {
	return slices.ContainsFunc(path, func(key string) bool {
		words := strings.FieldsFunc(strings.ToLower(key), func(r rune) bool { return r == '_' || r == '.' || r == '-' })
		return slices.ContainsFunc(words, func(w string) bool {
			return w == "ema" || w == "swa" || w == "shadow" || w == "averaged" || w == "teacher"
		})
	})
}

// aside reports whether a key is that of what goes with a training and is no network.
func aside(path []string) bool {
	return slices.ContainsFunc(path, func(key string) bool {
		key = strings.ToLower(key)
		return strings.Contains(key, "optim") || strings.Contains(key, "sched") || strings.Contains(key, "scaler") ||
			strings.Contains(key, "rng") ||
			key == "amp" || key == "criterion" || key == "loss"
	})
}

// candidates lists the dictionaries of tensors in v. Whole modules count by the state dictionary that they would give.
func candidates(v any) (list []candidate) {
	seen := map[*dict]bool{}
	var look func(v any, path []string)
	look = func(v any, path []string) {
		d, ok := v.(*dict)
		if o, is := v.(*object); is {
			if d, ok = o.moduleState(), true; d == nil {
				d = &o.items
			}
		}
		if !ok || seen[d] || len(path) > maxDepth {
			return
		}
		seen[d] = true
		c := candidate{path: slices.Clone(path), dict: d}
		found := false
		for _, key := range d.keys {
			if t, ok := d.values[key].(*tensor); ok {
				found = true
				c.real = c.real || len(t.shape) > 0 && decoders[t.element.name] != nil
			}
		}
		if found {
			list = append(list, c)
		}
		for _, key := range d.keys {
			look(d.values[key], append(path, key))
		}
	}
	look(v, nil)
	return list
}

// stateOf finds the tensors in what a file holds. note tells what was taken where there is a choice.
func stateOf(v any) (names []string, tensors map[string]*tensor, note string, err error) {
	all := candidates(v)
	if len(all) == 0 {
		if o, ok := v.(*object); ok && len(o.items.keys) == 0 {
			return nil, nil, "", fmt.Errorf("the file holds an object of %s, no state dictionary: torch.save(network.state_dict(), FILE) writes one",
				o.global)
		}
		if _, ok := v.(*dict); !ok {
			return nil, nil, "", errors.New("the file holds no state dictionary: torch.save(network.state_dict(), FILE) writes one")
		}
		return nil, nil, "", fmt.Errorf("the file holds a dictionary without tensors%s", keysOf(v))
	}
	chosen, err := choose(all)
	if err != nil {
		return nil, nil, "", err
	}
	names, tensors, err = chosen.tensors()
	var others []string
	for _, c := range all {
		if c.dict != chosen.dict && !aside(c.path) && (c.real || !chosen.real) {
			others = append(others, c.String())
		}
	}
	if len(others) > 0 {
		note = fmt.Sprintf("read is %s, not %s next to it", chosen, listed(others))
	} else if averaged(chosen.path) {
		note = fmt.Sprintf("read is %s, an average: no others are in the file", chosen)
	}
	return names, tensors, note, err
}

// choose takes the one that is meant: no optimizer's, no average where there are the weights themselves, no single numbers
// where there are more; of several the one under a usual key, and else the outermost. The error lists them where none is.
func choose(all []candidate) (candidate, error) {
	left := all
	for _, unwanted := range []func(c candidate) bool{
		func(c candidate) bool { return !c.real },
		func(c candidate) bool { return aside(c.path) },
		func(c candidate) bool { return averaged(c.path) },
	} {
		if kept := slices.DeleteFunc(slices.Clone(left), unwanted); len(kept) > 0 {
			left = kept
		}
	}
	if len(left) == 1 {
		return left[0], nil
	}
	for _, key := range usual {
		var under []candidate
		for _, c := range left {
			if len(c.path) > 0 && c.path[len(c.path)-1] == key {
				under = append(under, c)
			}
		}
		if len(under) == 1 {
			return under[0], nil
		}
	}
	if len(left[0].path) == 0 {
		return left[0], nil
	}
	var keys []string
	for _, c := range left {
		keys = append(keys, c.String())
	}
	return candidate{}, fmt.Errorf("the file holds %d dictionaries of tensors, %s, and none is called as usual (state_dict, model …): "+
		"torch.save(torch.load(FILE)[KEY], OTHER) writes one alone", len(left), listed(keys))
}

// tensors are those of a dictionary, under their names without what DataParallel, torch.compile and other wrappings put before.
func (c candidate) tensors() (names []string, tensors map[string]*tensor, err error) {
	var keys []string
	for _, key := range c.dict.keys {
		switch v := c.dict.values[key].(type) {
		case *tensor:
			keys = append(keys, key)
		case *object:
			if strings.HasPrefix(v.name, "_rebuild_") {
				return nil, nil, fmt.Errorf("tensor %.60q is made by %s, which is not read: sparse, quantised, or of a class of its own", key, v.global)
			}
		}
	}
	prefix := map[string]string{} // names without wrappings
	for _, key := range keys {
		name := key
		for before := ""; before != name; {
			before = name
			name = strings.TrimPrefix(strings.TrimPrefix(name, "module."), "_orig_mod.")
		}
		prefix[key] = name
	}
	for _, wrap := range []string{"model.", "net.", "network."} {
		if !slices.ContainsFunc(keys, func(key string) bool { return !strings.HasPrefix(prefix[key], wrap) }) {
			for _, key := range keys {
				prefix[key] = strings.TrimPrefix(prefix[key], wrap)
			}
		}
	}
	tensors = map[string]*tensor{}
	for _, key := range keys {
		name := prefix[key]
		if tensors[name] != nil {
			return nil, nil, fmt.Errorf("two tensors are called %.60q", name)
		}
		names = append(names, name)
		tensors[name] = c.dict.values[key].(*tensor)
	}
	return names, tensors, nil
}

// moduleState is the state dictionary of a module that was saved whole; nil where the object is not a module.
func (o *object) moduleState() *dict {
	if _, _, ok := o.parts(); !ok {
		return nil
	}
	out, visited := &dict{}, 0
	var add func(o *object, before string, depth int) bool
	add = func(o *object, before string, depth int) bool {
		own, modules, ok := o.parts()
		if visited++; !ok || depth > 32 || visited > 1<<14 { // a module may be within itself, or often within another
			return ok
		}
		for _, d := range own {
			for _, key := range d.keys {
				if t, ok := d.values[key].(*tensor); ok {
					out.set(before+key, t)
				}
			}
		}
		for _, key := range modules.keys {
			if inner, ok := modules.values[key].(*object); ok {
				add(inner, before+key+".", depth+1)
			}
		}
		return true
	}
	add(o, "", 0)
	return out
}

// parts are the parameters and buffers of a module and the modules in it.
func (o *object) parts() (own []*dict, modules *dict, ok bool) {
	state, _ := o.state.(*dict)
	if state == nil {
		return nil, nil, false
	}
	parameters, ok1 := state.values["_parameters"].(*dict)
	buffers, ok2 := state.values["_buffers"].(*dict)
	modules, ok3 := state.values["_modules"].(*dict)
	return []*dict{parameters, buffers}, modules, ok1 && ok2 && ok3
}

// listed joins the first of words.
func listed(words []string) string {
	if len(words) > 8 {
		words = append(slices.Clone(words[:8]), fmt.Sprintf("%d more", len(words)-8))
	}
	return strings.Join(words, ", ")
}

// keysOf names the keys of a dictionary for a message.
func keysOf(v any) string {
	d, _ := v.(*dict)
	if d != nil && len(d.keys) == 0 && d.unnamed {
		return " under names: its keys are no text"
	}
	if d == nil || len(d.keys) == 0 {
		return ""
	}
	var keys []string
	for _, key := range d.keys {
		keys = append(keys, fmt.Sprintf("%q", shortened(key)))
	}
	return ", but with the keys " + listed(keys)
}

// shortened is a word of 60 bytes at most.
func shortened(word string) string { return word[:min(60, len(word))] }

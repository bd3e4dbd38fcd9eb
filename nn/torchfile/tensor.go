package torchfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A storage is the memory that tensors look at.
type storage struct {
	key     string
	element element
	count   int64
}

// An element is a type of numbers.
type element struct {
	name string
	size int64
}

var elements = map[string]element{
	"FloatStorage": {"float32", 4}, "DoubleStorage": {"float64", 8}, "HalfStorage": {"float16", 2}, "BFloat16Storage": {"bfloat16", 2},
	"LongStorage": {"int64", 8}, "IntStorage": {"int32", 4}, "ShortStorage": {"int16", 2}, "CharStorage": {"int8", 1},
	"ByteStorage": {"uint8", 1}, "BoolStorage": {"bool", 1},
}

// A tensor is a view of a storage.
type tensor struct {
	*storage
	offset         int64
	shape, strides []int64
}

// known tells whether a state dictionary may ask for the global.
func (g global) known() bool {
	switch g.module {
	case "collections":
		return g.name == "OrderedDict"
	case "torch._utils":
		return g.name == "_rebuild_tensor_v2" || g.name == "_rebuild_tensor" || g.name == "_rebuild_parameter"
	case "torch":
		_, ok := elements[g.name]
		return ok || g.name == "Size"
	}
	return false
}

// rebuild is what calling a global with arguments gives.
func rebuild(f, arguments any) (any, error) {
	g, _ := f.(global)
	args, _ := arguments.(tuple)
	switch g.name {
	case "OrderedDict":
		return &dict{}, nil
	case "Size":
		return args, nil
	case "_rebuild_parameter":
		if len(args) >= 1 {
			if t, ok := args[0].(*tensor); ok {
				return t, nil
			}
		}
	case "_rebuild_tensor_v2", "_rebuild_tensor": // the latter before 0.4, with the same first arguments
		if len(args) >= 4 {
			return view(args)
		}
	}
	return nil, errors.New("the pickle calls what is no function of tensors")
}

// view makes a tensor of (storage, offset, shape, strides, …) if all of it lies within the storage, and it has no more elements than
// that: a tensor that repeats elements could be of any size.
func view(args tuple) (*tensor, error) {
	wrong := errors.New("the pickle rebuilds a tensor of what is none")
	s, ok := args[0].(*storage)
	offset, ok2 := args[1].(int64)
	shape, ok3 := numbers(args[2])
	strides, ok4 := numbers(args[3])
	if !ok || !ok2 || !ok3 || !ok4 || offset < 0 || len(shape) != len(strides) || len(shape) > 8 {
		return nil, wrong
	}
	tooLarge := fmt.Errorf("a tensor of shape %v does not fit its storage of %d elements", shape, s.count)
	last, size, empty := offset, int64(1), slices.Contains(shape, 0)
	for i, n := range shape {
		if n < 0 {
			return nil, tooLarge
		}
		if empty {
			continue
		}
		if strides[i] < 0 || strides[i] > 0 && (n-1) > s.count/strides[i] || n > s.count/size {
			return nil, tooLarge
		}
		size *= n
		if last += (n - 1) * strides[i]; last < 0 { // more than an int64
			return nil, tooLarge
		}
	}
	if !empty && last >= s.count {
		return nil, tooLarge
	}
	return &tensor{s, offset, shape, strides}, nil
}

func numbers(v any) (list []int64, ok bool) {
	t, ok := v.(tuple)
	for _, x := range t {
		n, whole := x.(int64)
		ok = ok && whole
		list = append(list, n)
	}
	return list, ok
}

// persistentStorage makes a storage of ("storage", type, key, location, count, …) and sees to it that all with one key agree.
func persistentStorage(known map[string]*storage) func(id tuple) (any, error) {
	return func(id tuple) (any, error) {
		if len(id) >= 5 && id[0] == "storage" {
			g, _ := id[1].(global)
			key, ok := id[2].(string)
			count, ok2 := id[4].(int64)
			e, ok3 := elements[g.name]
			if ok && ok2 && ok3 && count >= 0 {
				s := &storage{key, e, count}
				if before := known[key]; before != nil {
					if *before != *s {
						return nil, fmt.Errorf("the storage %.20q is of two kinds", key)
					}
					return before, nil
				}
				known[key] = s
				return s, nil
			}
		}
		return nil, errors.New("the pickle refers to something that is no storage")
	}
}

// stateOf finds the tensors in what a file holds: a dictionary of them, perhaps under "state_dict" or "model".
func stateOf(v any) (names []string, tensors map[string]*tensor, err error) {
	d, ok := v.(*dict)
	if !ok {
		return nil, nil, errors.New("the file holds no state dictionary: torch.save(network.state_dict(), FILE) writes one")
	}
	for _, key := range []string{"state_dict", "model"} {
		if inner, ok := d.values[key].(*dict); ok {
			d = inner
			break
		}
	}
	tensors = map[string]*tensor{}
	for _, key := range d.keys {
		if t, ok := d.values[key].(*tensor); ok {
			name := strings.TrimPrefix(key, "module.") // of a network in DataParallel
			if tensors[name] != nil {
				return nil, nil, fmt.Errorf("two tensors are called %.60q", name)
			}
			names = append(names, name)
			tensors[name] = t
		}
	}
	if len(names) == 0 {
		return nil, nil, errors.New("the file holds a dictionary without tensors")
	}
	return names, tensors, nil
}

package torchfile

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A storage is the memory that tensors look at, or a part of it.
type storage struct {
	key     string
	element element
	first   int64 // element of the whole storage at which a part begins
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
	"ByteStorage": {"uint8", 1}, "BoolStorage": {"bool", 1}, "ComplexFloatStorage": {"complex64", 8},
	"ComplexDoubleStorage": {"complex128", 16},
	"QUInt8Storage":        {"quint8", 1}, "QInt8Storage": {"qint8", 1}, "QInt32Storage": {"qint32", 4}, "QUInt4x2Storage": {"quint4x2", 1},
	"QUInt2x4Storage": {"quint2x4", 1},
	"UntypedStorage":  {"untyped", 1}, // bytes, whose type each tensor tells
}

// dtypes are the types that a tensor of an untyped storage may tell.
var dtypes = map[string]element{
	"float32": {"float32", 4}, "float64": {"float64", 8}, "float16": {"float16", 2}, "bfloat16": {"bfloat16", 2},
	"int64": {"int64", 8}, "int32": {"int32", 4}, "int16": {"int16", 2}, "int8": {"int8", 1}, "uint8": {"uint8", 1}, "bool": {"bool", 1},
	"uint16": {"uint16", 2}, "uint32": {"uint32", 4}, "uint64": {"uint64", 8}, "complex64": {"complex64", 8}, "complex128": {"complex128", 16},
	"float8_e4m3fn": {"float8_e4m3fn", 1}, "float8_e5m2": {"float8_e5m2", 1}, "float8_e4m3fnuz": {"float8_e4m3fnuz", 1},
	"float8_e5m2fnuz": {"float8_e5m2fnuz", 1},
}

// A tensor is a view of a storage.
type tensor struct {
	*storage
	offset         int64
	shape, strides []int64
}

// refused are the modules of which no state dictionary needs anything. Nothing of a pickle is ever run: what asks for these is
// refused because it was not made to be read.
var refused = strings.Fields("os posix nt subprocess sys commands popen2 pty runpy importlib imp shutil socket webbrowser ctypes code " +
	"timeit operator pdb bdb pickle marshal types builtins __builtin__ torch.hub numpy.testing requests urllib http asyncio " +
	"multiprocessing threading tempfile linecache pip nturl2path")

// harmless are what pickles ask of these modules nevertheless: types, and what makes a value of one.
var harmless = strings.Fields("set frozenset slice range xrange complex bytearray bytes str unicode int long float bool list " +
	"dict tuple object SimpleNamespace")

// refused reports whether what asks for the global is refused.
func (g global) refused() bool {
	module := g.module
	if g.name == "SimpleNamespace" && module == "types" {
		return false
	}
	if module == "builtins" || module == "__builtin__" {
		return !slices.Contains(harmless, g.name)
	}
	for module != "" {
		if slices.Contains(refused, module) {
			return true
		}
		at := strings.LastIndexByte(module, '.')
		module = module[:max(at, 0)]
	}
	return false
}

func (g global) String() string { return fmt.Sprintf("%.40s.%.40s", g.module, g.name) }

// rebuild is what calling a global with arguments gives: a value where it is known what the function makes of them, else an
// object that does nothing.
func rebuild(f, arguments any) (any, error) {
	g, ok := f.(global)
	args, ok2 := arguments.(tuple)
	if !ok || !ok2 {
		return nil, errors.New("the pickle calls what is no function")
	}
	switch g.module + "." + g.name {
	case "collections.OrderedDict", "builtins.dict", "__builtin__.dict":
		return dictOf(args)
	case "collections.defaultdict":
		return dictOf(args[min(1, len(args)):])
	case "torch.Size", "builtins.tuple", "__builtin__.tuple":
		if len(args) == 1 {
			if items, ok := itemsOf(args[0]); ok {
				return items, nil
			}
		}
		return args, nil
	case "builtins.list", "__builtin__.list", "collections.deque":
		l := &list{}
		if len(args) > 0 {
			items, _ := itemsOf(args[0])
			l.items = append(l.items, items...)
		}
		return l, nil
	case "copyreg._reconstructor", "copy_reg._reconstructor": // an instance of a class, by protocols before 2
		if len(args) > 0 {
			return rebuild(args[0], tuple{})
		}
	case "_codecs.encode": // bytes, as Python 3 writes them by protocol 2
		if len(args) > 0 {
			if text, ok := args[0].(string); ok {
				return text, nil
			}
		}
	case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
		if len(args) >= 1 {
			switch v := args[0].(type) {
			case *tensor:
				return v, nil
			case *object: // a tensor of a kind that is not read
				return v, nil
			}
		}
		return nil, errNoTensor
	case "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor": // the latter before 0.4, with the same first arguments
		return rebuildTensor(args)
	case "torch._utils._rebuild_tensor_v3":
		return rebuildTyped(args)
	case "torch._tensor._rebuild_from_type_v2": // a tensor with attributes, or of a class of its own: (function, type, arguments, state)
		if len(args) == 4 {
			if class, ok := args[1].(global); ok && (class == global{"torch", "Tensor"} || class == global{"torch.nn.parameter", "Parameter"}) {
				return rebuild(args[0], args[2])
			}
		}
		return &object{global: g}, nil
	}
	return &object{global: g}, nil
}

// rebuildTensor makes a tensor of the arguments of _rebuild_tensor_v2.
func rebuildTensor(args tuple) (any, error) {
	if len(args) < 4 {
		return nil, errNoTensor
	}
	t, err := view(args, nil)
	if err == nil && len(args) >= 7 {
		err = plain(args[6])
	}
	return t, err
}

// rebuildTyped makes a tensor of the arguments of _rebuild_tensor_v3, whose storage has no type: the type is after the hooks.
func rebuildTyped(args tuple) (any, error) {
	if len(args) < 7 {
		return nil, errNoTensor
	}
	dtype, _ := args[6].(global)
	e, ok := dtypes[dtype.name]
	if !ok || dtype.module != "torch" {
		return nil, fmt.Errorf("a tensor of the type %s, which is not read", dtype)
	}
	t, err := view(args, &e)
	if err == nil && len(args) >= 8 {
		err = plain(args[7])
	}
	return t, err
}

var errNoTensor = errors.New("the pickle rebuilds a tensor from something else")

// dictOf is a dictionary of no arguments, or of one: another dictionary, or pairs of a key and a value.
func dictOf(args tuple) (*dict, error) {
	d := &dict{}
	if len(args) == 0 {
		return d, nil
	}
	if from, ok := args[0].(*dict); ok {
		for _, key := range from.keys {
			d.set(key, from.values[key])
		}
		return d, nil
	}
	pairs, ok := itemsOf(args[0])
	if !ok {
		return nil, errors.New("the pickle makes a dictionary from something else")
	}
	for _, pair := range pairs {
		two, _ := itemsOf(pair)
		if len(two) != 2 {
			return nil, errors.New("the pickle makes a dictionary of what are no pairs")
		}
		d.set(two[0], two[1])
	}
	return d, nil
}

// itemsOf are those of a tuple or a list.
func itemsOf(v any) (tuple, bool) {
	switch v := v.(type) {
	case tuple:
		return v, true
	case *list:
		return v.items, true
	}
	return nil, false
}

// plain refuses a tensor that is another than its storage has: a conjugate, or a negative.
func plain(metadata any) error {
	if d, ok := metadata.(*dict); ok {
		for _, key := range d.keys {
			if on, ok := d.values[key].(bool); !ok || on {
				return fmt.Errorf("a tensor with the mark %.20q, which is not read: tensor.resolve_%.4s() takes it away", key, key)
			}
		}
	}
	return nil
}

// maxRepeated bounds the elements of a tensor that has some of its storage's more than once, as those of expand: it could be of any size.
const maxRepeated = 1 << 22

// view makes a tensor of (storage, offset, shape, strides, …) if all of it lies within the storage, and it has no more elements than
// that, or than maxRepeated. of, where not nil, is the type of its elements.
func view(args tuple, of *element) (*tensor, error) {
	wrong := errNoTensor
	s, ok := args[0].(*storage)
	offset, ok2 := args[1].(int64)
	shape, ok3 := numbers(args[2])
	strides, ok4 := numbers(args[3])
	if !ok || !ok2 || !ok3 || !ok4 || offset < 0 || len(shape) != len(strides) || len(shape) > 8 {
		return nil, wrong
	}
	if of != nil {
		if s.count > math.MaxInt64/s.element.size || s.first > 0 {
			return nil, wrong
		}
		s = &storage{key: s.key, element: *of, count: s.count * s.element.size / of.size}
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
		if strides[i] < 0 || strides[i] > 0 && (n-1) > s.count/strides[i] {
			return nil, tooLarge
		}
		if most := max(s.count, maxRepeated); n > most/size {
			return nil, fmt.Errorf("a tensor of shape %v repeats the %d elements of its storage, and has more than the %d that are read then: "+
				"save tensor.contiguous()", shape, s.count, maxRepeated)
		}
		size *= n
		if last += (n - 1) * strides[i]; last < 0 { // more than an int64
			return nil, tooLarge
		}
	}
	if !empty && last >= s.count {
		return nil, tooLarge
	}
	return &tensor{s, s.first + offset, shape, strides}, nil
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

// persistentStorage makes a storage of ("storage", type, key, location, count) and sees to it that all with one key agree. The format
// before zip has one more, what part of that storage is meant: None for all of it, or (key of the part, first element, count).
func persistentStorage(known map[string]*storage) func(id tuple) (any, error) {
	parts := map[string]*storage{}
	return func(id tuple) (any, error) {
		if len(id) >= 2 && id[0] == "module" { // a class, and its source, which is not needed
			return id[1], nil
		}
		if len(id) != 5 && len(id) != 6 || id[0] != "storage" {
			return nil, errNoStorage
		}
		g, _ := id[1].(global)
		if _, known := elements[g.name]; !known && (g.module == "torch" || g.module == "torch.storage" || g.module == "torch.cuda") {
			return nil, fmt.Errorf("a storage of the kind %s, which is not read", g)
		}
		key, ok := id[2].(string)
		count, ok2 := id[4].(int64)
		e, ok3 := elements[g.name]
		if !ok || !ok2 || !ok3 || count < 0 {
			return nil, errNoStorage
		}
		if parts[key] != nil {
			return nil, fmt.Errorf("the storage %.20q is of two kinds", key)
		}
		s, err := same(known, key, storage{key: key, element: e, count: count})
		if err != nil || len(id) == 5 || id[5] == nil {
			return s, err
		}
		part, _ := id[5].(tuple)
		if len(part) != 3 {
			return nil, errNoStorage
		}
		name, ok := part[0].(string)
		first, ok2 := part[1].(int64)
		length, ok3 := part[2].(int64)
		switch {
		case !ok || !ok2 || !ok3:
			return nil, errNoStorage
		case first < 0 || length < 0 || first > count || length > count-first:
			return nil, fmt.Errorf("the part %.20q of the storage %.20q has %d elements from %d on, of %d", name, key, length, first, count)
		case known[name] != nil:
			return nil, fmt.Errorf("the storage %.20q is of two kinds", name)
		}
		return same(parts, name, storage{key: key, element: e, first: first, count: length})
	}
}

var errNoStorage = errors.New("the pickle refers to something that is no storage")

// same returns the storage with a key that is known, which must be the same, or else makes it known.
func same(known map[string]*storage, key string, s storage) (any, error) {
	if before := known[key]; before != nil {
		if *before != s {
			return nil, fmt.Errorf("the storage %.20q is of two kinds", key)
		}
		return before, nil
	}
	known[key] = &s
	return &s, nil
}

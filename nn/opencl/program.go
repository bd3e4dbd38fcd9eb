//go:build opencl

package opencl

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"cenet/nn/durable"
)

//go:embed kernels/*.cl
var sources embed.FS

// prelude is the file that comes before every other.
const prelude = "prelude.cl"

var kernelName = regexp.MustCompile(`(?m)^(?:kernel|__kernel) void ([a-z0-9_]+)\(`)

// fileOf tells the file of every kernel. A kernel's definition begins "kernel void name(" at the beginning of a line.
var fileOf = sync.OnceValue(func() map[string]string {
	files := map[string]string{}
	list, _ := sources.ReadDir("kernels")
	for _, f := range list {
		for _, m := range kernelName.FindAllStringSubmatch(source(f.Name()), -1) {
			files[m[1]] = f.Name()
		}
	}
	return files
})

func source(file string) string {
	text, err := sources.ReadFile("kernels/" + file)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// options of the compiler: products are not fused with additions but where fma says so, and nothing is approximate.
func (d *Device) options() string {
	if d.ExactDivision {
		return "-cl-std=CL1.2 -cl-fp32-correctly-rounded-divide-sqrt"
	}
	return "-cl-std=CL1.2"
}

// program returns the program of a file with the options given, built or taken from the cache of binaries.
func (d *Device) program(file, options string) (uintptr, error) {
	key := file + "\x00" + options
	if p, ok := d.programs[key]; ok {
		return p, nil
	}
	text := strings.Replace(source(prelude)+source(file), "#include \"tile.cl\"\n", source("tile.cl"), 1)
	options = strings.TrimSpace(d.options() + " " + options)
	cached := d.cacheFile(text, options)
	if binary, err := os.ReadFile(cached); err == nil && len(binary) > 0 {
		if p, err := d.fromBinary(binary, options); err == nil {
			d.programs[key] = p
			return p, nil
		}
	}
	p, err := d.fromSource(text, options)
	if err != nil {
		return 0, fmt.Errorf("opencl: kernels/%s for %s: %w", file, d.Name, err)
	}
	d.store(cached, p)
	d.programs[key] = p
	return p, nil
}

func (d *Device) fromSource(text, options string) (uintptr, error) {
	bytes := append([]byte(text), 0)
	list := []uintptr{pointer(bytes)}
	p := call(cl.CreateProgramWithSource, d.context, 1, pointer(list), 0, pointer(d.status))
	if err := d.created(p, "reading kernels for"); err != nil {
		return 0, err
	}
	keep(bytes)
	if err := d.build(p, options); err != nil {
		log := make([]byte, 1<<16)
		length := make([]uint64, 1)
		call(cl.GetProgramBuildInfo, p, d.device, 0x1183, uintptr(len(log)), pointer(log), pointer(length))
		call(cl.ReleaseProgram, p)
		return 0, fmt.Errorf("%w\n%s", err, strings.TrimRight(string(log[:min(int(length[0]), len(log))]), "\x00\n"))
	}
	return p, nil
}

func (d *Device) fromBinary(binary []byte, options string) (uintptr, error) {
	ids, lengths, list := []uintptr{d.device}, []uint64{uint64(len(binary))}, []uintptr{pointer(binary)}
	p := call(cl.CreateProgramWithBinary, d.context, 1, pointer(ids), pointer(lengths), pointer(list), 0, pointer(d.status))
	keep(binary)
	if err := d.created(p, "reading compiled kernels for"); err != nil {
		return 0, err
	}
	if err := d.build(p, options); err != nil {
		call(cl.ReleaseProgram, p)
		return 0, err
	}
	return p, nil
}

func (d *Device) build(p uintptr, options string) error {
	ids, text := []uintptr{d.device}, append([]byte(options), 0)
	return do(cl.BuildProgram, p, 1, pointer(ids), pointer(text), 0, 0)
}

// cacheFile is where the binary of a program is kept: by device, driver, source and options.
func (d *Device) cacheFile(text, options string) string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{d.Platform, d.Name, d.Driver, options, text}, "\x00")))
	return filepath.Join(dir, "cenet", "opencl", hex.EncodeToString(sum[:16])+".bin")
}

// store writes the binary of a program; a cache that cannot be written is not used.
func (d *Device) store(file string, p uintptr) {
	length := make([]uint64, 1)
	if do(cl.GetProgramInfo, p, 0x1165, 8, pointer(length), 0) != nil || length[0] == 0 {
		return
	}
	binary := make([]byte, length[0])
	list := []uintptr{pointer(binary)}
	if do(cl.GetProgramInfo, p, 0x1166, 8, pointer(list), 0) != nil {
		return
	}
	keep(binary)
	if os.MkdirAll(filepath.Dir(file), 0o777) != nil {
		return
	}
	_ = durable.WriteBytes(file, binary)
}

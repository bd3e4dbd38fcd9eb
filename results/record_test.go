package results

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// madeUp are three trials of five epochs, and the costs of two networks.
func madeUp() []Record {
	var records []Record
	for seed := 1; seed <= 5; seed++ {
		name := fmt.Sprint("seed ", seed)
		r := Record{
			Kind: KindTrial, Name: name, Identity: fmt.Sprintf("%064x", seed), Settings: map[string]any{BlockKey: "ce", SeedKey: seed},
			Provenance: Provenance{Started: time.Date(2020, 7, 13, 9, seed, 0, 0, time.UTC), Seconds: 93.5, CPU: "Made-up CPU", Cores: 2},
		}
		if seed > 3 {
			r.Kind, r.Settings, r.Network = KindNetwork, nil, &Network{Model: "resnet18", Block: name, Params: 11, MACs: 1.82e9, CPUSeconds: 0.0123,
				Input: "224×224×3"}
			records = append(records, r)
			continue
		}
		r.Result = &Result{Top1: 0.5 + 0.1/float64(seed), Top5: 0.9, TestLoss: 0.7, Weights: name}
		for e := 1; e <= 5; e++ {
			r.Result.Epochs = append(r.Result.Epochs, Epoch{Epoch: e, LR: 0.1, TrainLoss: Loss(1 / float64(e)), TrainTop1: 0.3, TestLoss: 0.7,
				TestTop1: 0.4, TestTop5: 0.8})
		}
		records = append(records, r)
	}
	return records
}

func TestRecordsRoundTrip(t *testing.T) {
	records := madeUp()
	records[0].Settings["train.lr"] = 0.1
	records[0].Settings["data.classes"] = []any{"a", int64(2)}
	records[0].Settings["large"] = int64(math.MaxInt64) // not a float64
	e := &records[1].Result.Epochs[3]
	e.TrainLoss, e.TestLoss, e.LR = Loss(math.Inf(1)), Loss(math.NaN()), math.Copysign(0, -1)
	path := filepath.Join(t.TempDir(), "records.jsonl")
	for range 2 { // replacing works as creating does
		if err := WriteRecords(path, records); err != nil {
			t.Fatal(err)
		}
	}
	read, err := ReadRecords(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(read) != len(records) {
		t.Fatalf("%d records, want %d", len(read), len(records))
	}
	for i, r := range read {
		w := records[i]
		if r.Kind == KindTrial {
			if d := r.Result.Diff(w.Result); d != "" {
				t.Errorf("%s: %s", w.Name, d)
			}
		} else if !reflect.DeepEqual(r.Network, w.Network) {
			t.Errorf("%s: %+v", w.Name, r.Network)
		}
		if r.Kind != w.Kind || r.Name != w.Name || r.Identity != w.Identity || !r.Provenance.Started.Equal(w.Provenance.Started) {
			t.Errorf("%s reads back as %+v", w.Name, r)
		}
	}
	if s := read[0].Settings; s["train.lr"] != 0.1 || s["large"] != int64(math.MaxInt64) || s[SeedKey] != int64(1) ||
		!reflect.DeepEqual(s["data.classes"], []any{"a", int64(2)}) {
		t.Errorf("settings read back as %v", s)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("%d files where one was written, %v", len(entries), err)
	}
}

func TestReadRecordsNamesTheDamage(t *testing.T) {
	records := madeUp()
	line, err := formatRecord(records[0])
	if err != nil {
		t.Fatal(err)
	}
	plain, err := withoutSum(bytes.TrimSpace(line)) // so that what is wrong is found for itself
	if err != nil {
		t.Fatal(err)
	}
	good := string(plain) + "\n"
	path := filepath.Join(t.TempDir(), "records.jsonl")
	for _, bad := range []string{
		good[:len(good)/2],
		"{}", "null", "[]", "x", "{} {}",
		strings.Replace(good, `"trial"`, `"pie"`, 1),
		strings.Replace(good, `"trial"`, `"network"`, 1),
		strings.Replace(good, `"kind"`, `"kin"`, 1),
		strings.Replace(good, `"top1":0.`, `"top1":7.`, 1),
		strings.Replace(good, `"top1":0.`, `"top_one":0.`, 1),
		strings.Replace(good, `"epoch":2`, `"epoch":1`, 1),
		strings.Replace(good, `"test_loss":0.`, `"test_loss":"NaN","x":0.`, 1),
		strings.Replace(good, records[0].Identity, records[0].Identity[1:], 1),
		strings.TrimSuffix(good, "\n") + "}",
		strings.TrimSuffix(good, "\n") + "1",
	} {
		bad = strings.TrimSuffix(bad, "\n")
		if err := os.WriteFile(path, []byte(good+"\n"+bad+"\n"+good), 0o644); err != nil {
			t.Fatal(err)
		}
		read, err := ReadRecords(path)
		var damage *DamageError
		if !errors.As(err, &damage) || damage.Line != 3 || !strings.HasPrefix(err.Error(), path+":3: ") {
			t.Errorf("%.60s…: error %v, want one that names %s:3", bad, err, path)
		}
		if len(read) != 2 {
			t.Errorf("%.60s…: %d records next to the damaged line, want 2", bad, len(read))
		}
	}
	if _, err := ReadRecords(path + "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestDiff(t *testing.T) {
	fresh := func() *Result {
		return &Result{Epochs: []Epoch{{Epoch: 1, LR: 1}, {Epoch: 2, TrainLoss: Loss(math.NaN())}}, Top1: 0.5, Weights: "w"}
	}
	if d := fresh().Diff(fresh()); d != "" {
		t.Errorf("the same twice: %s", d)
	}
	for _, change := range []func(*Result){
		func(r *Result) { r.Epochs = r.Epochs[:1] },
		func(r *Result) { r.Epochs[0].Epoch = 9 },
		func(r *Result) { r.Epochs[0].LR = math.Nextafter(1, 2) },
		func(r *Result) { r.Epochs[0].TrainLoss = Loss(math.Copysign(0, -1)) },
		func(r *Result) { r.Epochs[0].TrainTop1 = 1 },
		func(r *Result) { r.Epochs[0].TestLoss = 1 },
		func(r *Result) { r.Epochs[0].TestTop1 = 1 },
		func(r *Result) { r.Epochs[0].TestTop5 = 1 },
		func(r *Result) { r.Top1 = 0.25 },
		func(r *Result) { r.Top5 = 0.25 },
		func(r *Result) { r.TestLoss = 0.25 },
		func(r *Result) { r.Weights = "v" },
		func(r *Result) { r.Failure = "f" },
	} {
		r := fresh()
		change(r)
		if r.Diff(fresh()) == "" || fresh().Diff(r) == "" {
			t.Errorf("%+v passes for equal", r)
		}
	}
}

// What the reader accepts it writes back as something that it reads as the same.
func FuzzParseRecord(f *testing.F) {
	records := madeUp()
	for _, i := range []int{0, 1, 4} {
		line, err := formatRecord(records[i])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.TrimSpace(line))
	}
	f.Add([]byte(`{"kind":"trial","identity":"` + strings.Repeat("0", 64) + `","settings":{"a":[1,{"b":1e999}]},"result":{"test_loss":"-Inf","failure":"x"}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := parseRecord(line)
		if err != nil {
			return
		}
		again, err := formatRecord(r)
		if err != nil {
			t.Fatalf("read, but cannot be written: %v", err)
		}
		s, err := parseRecord(again)
		if err != nil {
			t.Fatalf("written, but cannot be read: %v\n%s", err, again)
		}
		if r.Result != nil {
			if d := r.Result.Diff(s.Result); d != "" {
				t.Fatal(d)
			}
		}
		if !reflect.DeepEqual(r.Settings, s.Settings) || !reflect.DeepEqual(r.Network, s.Network) {
			t.Fatalf("%+v reads back as %+v", r, s)
		}
	})
}

// A record in whose line any one bit is flipped, or that is cut short anywhere, is not taken for one.
func TestRecordChecksum(t *testing.T) {
	line, err := formatRecord(madeUp()[0])
	if err != nil {
		t.Fatal(err)
	}
	line = bytes.TrimSpace(line)
	want, err := parseRecord(line)
	if err != nil {
		t.Fatal(err)
	}
	for bit := range 8 * len(line) {
		bad := bytes.Clone(line)
		bad[bit/8] ^= 1 << (bit % 8)
		if len(bytes.TrimSpace(bad)) < len(line) {
			continue // a brace became a space: cut short, as below
		}
		if r, err := parseRecord(bad); err == nil {
			t.Fatalf("bit %d: %+v taken from %s", bit, r, bad)
		}
	}
	for size := range line {
		if _, err := parseRecord(line[:size]); err == nil {
			t.Fatalf("the first %d bytes are taken", size)
		}
	}
	plain, err := withoutSum(line)
	if err != nil || len(plain) == len(line) {
		t.Fatalf("no checksum in %s: %v", line, err)
	}
	if r, err := parseRecord(plain); err != nil || r.Identity != want.Identity {
		t.Errorf("without a checksum: %v", err)
	}
}

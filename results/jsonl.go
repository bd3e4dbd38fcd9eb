package results

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// DamageError is a line of a records file that cannot be read.
type DamageError struct {
	File string
	Line int // from 1
	Err  error
}

func (e *DamageError) Error() string { return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err) }
func (e *DamageError) Unwrap() error { return e.Err }

// ReadRecords reads a records file, one JSON object a line, empty lines skipped. A line ends in its checksum, unless somebody
// wrote it by hand. Damaged lines give an error that joins
// one *DamageError for each of them; the records of the other lines are returned beside it, so that the caller can name
// the damage and do those trials again. A file that is not there gives an error that wraps fs.ErrNotExist.
func ReadRecords(path string) ([]Record, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var records []Record
	var damage []error
	for i, line := range bytes.Split(data, []byte{'\n'}) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		r, err := parseRecord(line)
		if err != nil {
			damage = append(damage, &DamageError{path, i + 1, err})
			continue
		}
		records = append(records, r)
	}
	return records, errors.Join(damage...)
}

// sumKey begins what ends the line of a record: the SHA-256 of the record without it.
const sumKey = `,"sha256":"`

// withSum puts its checksum into a JSON object.
func withSum(object []byte) []byte {
	sum := sha256.Sum256(object)
	return fmt.Appendf(object[:len(object)-1:len(object)-1], "%s%x\"}", sumKey, sum)
}

// withoutSum takes the checksum out of a JSON object again, and verifies it. An object without one is taken as it is.
func withoutSum(line []byte) ([]byte, error) {
	at := bytes.LastIndex(line, []byte(sumKey))
	if at < 0 {
		return line, nil
	}
	object := append(line[:at:at], '}')
	if !bytes.Equal(withSum(object), line) {
		return nil, errors.New("the line does not fit its checksum")
	}
	return object, nil
}

func parseRecord(line []byte) (Record, error) {
	var r Record
	line, err := withoutSum(bytes.TrimSpace(line))
	if err != nil {
		return Record{}, err
	}
	if err := unmarshalStrict(line, &r); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("the line is cut short")
		}
		return Record{}, err
	}
	for k, v := range r.Settings {
		r.Settings[k] = plainNumbers(v)
	}
	return r, r.Validate()
}

// plainNumbers turns json.Number into int64 where it is a whole number that fits, else into float64.
func plainNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		if f, err := v.Float64(); err == nil {
			return f
		}
		return v.String() // beyond float64
	case []any:
		for i := range v {
			v[i] = plainNumbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plainNumbers(v[k])
		}
	}
	return v
}

func formatRecord(r Record) ([]byte, error) {
	if err := r.Validate(); err != nil {
		return nil, fmt.Errorf("record %s: %w", r.Name, err)
	}
	line, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("record %s: %w", r.Name, err)
	}
	return append(withSum(line), '\n'), nil
}

// appending keeps the trials of one process, which finish in parallel, from interleaving their lines.
var appending sync.Mutex

// AppendRecord adds one record to the end of a records file, which it creates where there is none, and returns once the
// line is on the disk. A line that an earlier crash cut short is ended first, so that the damage stays on its own line.
func AppendRecord(path string, r Record) (err error) {
	line, err := formatRecord(r)
	if err != nil {
		return err
	}
	appending.Lock()
	defer appending.Unlock()
	_, statErr := os.Stat(path)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if end > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, end-1); err != nil {
			return err
		}
		if last[0] != '\n' {
			line = append([]byte{'\n'}, line...)
		}
	}
	if _, err := f.Write(line); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if statErr != nil { // a new name is safe only with its directory
		return syncDir(filepath.Dir(path))
	}
	return nil
}

// WriteRecords replaces a records file as a whole. A reader, or a crash at any moment, sees the old file or the new one.
func WriteRecords(path string, records []Record) error {
	var data []byte
	for _, r := range records {
		line, err := formatRecord(r)
		if err != nil {
			return err
		}
		data = append(data, line...)
	}
	return writeFile(path, data)
}

// writeFile replaces a file atomically: temporary file beside it, fsync, rename, fsync of the directory.
func writeFile(path string, data []byte) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(data); err != nil {
		return err
	}
	if err = f.Chmod(0o644); err != nil { // CreateTemp makes it private
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

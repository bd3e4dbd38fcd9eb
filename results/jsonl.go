package results

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"cenet/nn/durable"
)

// DamageError is a line of a records file that cannot be read.
type DamageError struct {
	File string
	Line int // from 1
	Err  error
}

func (e *DamageError) Error() string { return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err) }
func (e *DamageError) Unwrap() error { return e.Err }

// RecordsFile is the name of a file of records, in the folder of an experiment.
const RecordsFile = "records.jsonl"

// ReadRecords reads a records file: one JSON object a line, with its checksum unless it was written by hand. Empty lines are skipped.
// Damaged lines give an error that joins one *DamageError each; the other records are returned with it, so that the caller can name the
// damage and train those trials again. A missing file gives an error that wraps fs.ErrNotExist.
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
		return nil, errors.New("the checksum does not match the line")
	}
	return object, nil
}

func parseRecord(line []byte) (Record, error) {
	var r Record
	line, err := withoutSum(bytes.TrimSpace(line))
	if err != nil {
		return Record{}, err
	}
	if err := UnmarshalStrict(line, &r); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("the line is cut short")
		}
		return Record{}, err
	}
	for k, v := range r.Settings {
		r.Settings[k] = PlainNumbers(v)
	}
	return r, r.Validate()
}

// PlainNumbers turns json.Number into int64 where it is a whole number that fits, else into float64.
func PlainNumbers(v any) any {
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
			v[i] = PlainNumbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = PlainNumbers(v[k])
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
	return durable.WriteBytes(path, data)
}

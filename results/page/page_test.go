package page

import "testing"

func TestFileName(t *testing.T) {
	if got := FileName("a/b c×1.0"); got != "a-b-c-1.0" {
		t.Error(got)
	}
}

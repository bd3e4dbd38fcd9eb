package layout

import "testing"

func TestSettingText(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{settingText(map[string]any{"a": 1}, "a"), "1"}, {settingText(map[string]any{"a": 1.0}, "a"), "1"},
		{settingText(map[string]any{"a": int64(1)}, "a"), "1"}, {settingText(map[string]any{"a": 0.25}, "a"), "0.25"},
		{settingText(nil, "a"), "–"}, {settingText(map[string]any{"a": true}, "a"), "true"},
	} {
		if test.got != test.want {
			t.Errorf("%q, want %q", test.got, test.want)
		}
	}
}

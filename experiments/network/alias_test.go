package network

import (
	"testing"

	"cenet/nn/model"
)

// A backbone answers to the names that torchvision and timm have for it, and is the same under each.
func TestAliases(t *testing.T) {
	seen := map[string]string{}
	for name, b := range model.Backbones {
		for _, alias := range b.Aliases {
			if other, twice := seen[alias]; twice || model.Backbones[alias].New != nil {
				t.Errorf("%s is %s, and something else: %q", alias, name, other)
			}
			seen[alias] = name
			setup, err := Paper(alias, "none")
			if err != nil || setup.Model.Backbone != name {
				t.Errorf("%s is %q, %v, want %s", alias, setup.Model.Backbone, err, name)
			}
		}
	}
	for _, alias := range []string{"mobilenet_v2", "shufflenet_v2_x1_0", "resnext50_32x4d", "wide_resnet50_2", "vgg11_bn"} {
		if seen[alias] == "" {
			t.Errorf("no backbone answers to %s", alias)
		}
	}
}

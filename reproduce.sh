#!/bin/sh
# Builds the command, if the sources have changed, and runs it with the same arguments: ./reproduce.sh table1
set -eu
unset CDPATH # else cd prints where it goes
self=$0
while [ -L "$self" ]; do
	to=$(readlink "$self")
	case $to in
	/*) self=$to ;;
	*) self=$(dirname -- "$self")/$to ;;
	esac
done
here=$(cd -P -- "$(dirname -- "$self")" && pwd)
if ! command -v go >/dev/null 2>&1; then
	echo "Go is missing: install Go 1.26 or later (https://go.dev/doc/install, or your system's package golang)." >&2
	exit 1
fi
mkdir -p "$here/.cache"
program=cenet tags=
case " $* " in
*" --device cpu "* | *" --device=cpu "*) ;;
*" --device "* | *" --device="* | " devices "*) program=cenet-opencl tags=opencl ;; # opens the driver at run time, so it is not static
esac
if [ ! -w "${HOME:-/nowhere}" ]; then # Go's caches are usually there
	export GOCACHE="${GOCACHE:-$here/.cache/go-build}" GOPATH="${GOPATH:-$here/.cache/go}"
fi
# Build this module for this machine, whatever go.work, the environment or `go env -w` say: they only choose where modules and caches are.
# The processor level is fixed, and fusing of x*y+z, which Go does on processors other than amd64, is off: both change the rounding of
# floating-point numbers. safe.directory lets git report the revision even if the checkout belongs to another user.
(
	set -a
	eval "$(go env -changed 2>/dev/null | grep -E '^(GOPROXY|GONOPROXY|GOPRIVATE|GOSUMDB|GONOSUMDB|GOINSECURE|GOVCS|GOAUTH|GOCACHE|GOMODCACHE|GOPATH|GOTOOLCHAIN)=')"
	set +a
	unset GO386 GOMIPS GOMIPS64 GOPPC64 GORISCV64 GOEXPERIMENT GODEBUG
	export GOENV=off CGO_ENABLED=0 GOFLAGS=-mod=readonly GOWORK=off GO111MODULE=on GOOS= GOARCH= GOAMD64=v1 GOARM64=v8.0 GOFIPS140=off
	case $(go env GOARCH) in
	amd64 | 386) unfused= ;;
	*) unfused=all=-d=fmahash=n ;;
	esac
	export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
	vcs=auto
	if command -v git >/dev/null 2>&1 && ! git -C "$here" log -1 >/dev/null 2>&1; then
		vcs=false
	fi
	go build -C "$here" -buildvcs=$vcs -tags "$tags" -gcflags "$unfused" -o ".cache/$program" .
)
CENET_ROOT=$here exec "$here/.cache/$program" "$@"

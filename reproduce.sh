#!/bin/sh
# Builds the command, if the sources have changed, and runs it with the same arguments: ./reproduce.sh table1
set -eu
here=$(cd "$(dirname "$0")" && pwd)
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
CGO_ENABLED=0 go build -C "$here" -buildvcs=auto -tags "$tags" -o ".cache/$program" .
CENET_ROOT=$here exec "$here/.cache/$program" "$@"

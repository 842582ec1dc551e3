#!/usr/bin/env bash
# Makes a compiler from Debian packages: compiler.sh FOLDER PACKAGE...
#
# FOLDER/root then holds these packages with all that they depend on, so that a compiler runs in there
# with nothing of this machine but its C library, and FOLDER/image.img is the squashfs image of that.
# What is there already, of the same packages, is kept. Needs apt-get with package lists, dpkg-deb and mksquashfs.
set -euo pipefail

folder=$1
shift
if [[ -e $folder/image.img && $(<"$folder/packages") == "$*" ]]; then
  exit 0
fi
mkdir -p "$(dirname "$folder")"
fresh=$(mktemp -d "$folder-XXXXXX")
trap 'rm -rf --one-file-system "$fresh"' EXIT
mkdir -p "$fresh"/{archives/partial,root}
: >"$fresh/installed"

# To apt-get nothing is installed, so it fetches every dependency.
fetch() {
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --download-only --no-install-recommends \
    -o "Dir::State::status=$fresh/installed" -o "Dir::Cache::archives=$fresh/archives" \
    -o "APT::Sandbox::User=root" "$@" >"$fresh/log" 2>&1
}
fetch "$@" || { apt-get update -qq >"$fresh/log" 2>&1 && fetch "$@"; } || {
  echo "compiler.sh: apt-get could not fetch $*: $(grep -m 1 '^E:' "$fresh/log" || tail -n 1 "$fresh/log")" >&2
  exit 1
}
for archive in "$fresh"/archives/*.deb; do
  dpkg-deb --extract "$archive" "$fresh/root"
done
# Not of a compiler, and of no interest to one.
rm -rf "$fresh"/{archives,installed,lock,lock-frontend,log} "$fresh"/root/usr/share/{doc,man,info,locale}
# Readable by any user, as compilers are.
chmod -R u+rwX,go+rX-w "$fresh/root"
chmod 755 "$fresh"
mksquashfs "$fresh/root" "$fresh/image.img" -comp zstd -b 128K -all-root -quiet -no-progress >/dev/null
echo "$*" >"$fresh/packages"
rm -rf --one-file-system "$folder"
mv "$fresh" "$folder"
trap - EXIT

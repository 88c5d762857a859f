#!/bin/sh
# Makes a Debian package of what `make install` installs: deb.sh VERSION
set -eu
cd "$(dirname "$0")/.."
arch=$(dpkg --print-architecture)
# A Debian version begins with a digit and knows "+", not "-", before a commit.
version=$(echo "$1" | sed -e 's/^v//' -e 's/-/+/g')
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
chmod 755 "$stage"

make --no-print-directory install DESTDIR="$stage" PREFIX=/usr
mkdir -p "$stage/DEBIAN"
sed -e "s/@VERSION@/$version/" -e "s/@ARCH@/$arch/" scripts/debian/control.in >"$stage/DEBIAN/control"
install -D -m 644 scripts/systemd/bbftpd.toml "$stage/etc/bbftpd.toml"
install -m 644 scripts/debian/conffiles "$stage/DEBIAN/conffiles"
install -m 755 scripts/debian/postinst "$stage/DEBIAN/postinst"
find "$stage/usr/share/man" -type f -exec gzip -9n {} +
dpkg-deb --build --root-owner-group "$stage" "bin/bbftp_${version}_$arch.deb"

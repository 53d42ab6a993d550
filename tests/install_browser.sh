#!/bin/sh
# Installs what the browser tests need from the system's packages when it is missing: Chromium, fonts for Chinese, git.
set -eu

have() { command -v "$1" >/dev/null 2>&1; }

missing=""
have chromium || have chromium-browser || have google-chrome || missing="$missing chromium"
have git || missing="$missing git"
if ! have fc-list || ! fc-list :lang=zh 2>/dev/null | grep -q .; then
    missing="$missing fontconfig fonts-noto-cjk"
fi
[ -n "$missing" ] || exit 0

if ! have apt-get; then
    echo "Install these for the browser tests, then run make test again:$missing" >&2
    exit 1
fi
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo"
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null

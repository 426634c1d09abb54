# Sourced by demo.sh and Tests/run.sh: the system packages that feedrec needs to build and run.

packages=(libsqlite3-dev libssl-dev libzstd-dev zlib1g-dev pkg-config sqlite3 openssl)

as_root() {
    if [[ $EUID -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

# Installs missing packages. Uses no network if none is missing.
install_packages() {
    command -v swift >/dev/null || { echo "feedrec needs Swift 6.1 or newer: https://www.swift.org/install" >&2; exit 1; }
    local missing=() package
    for package in "${packages[@]}"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [[ ${#missing[@]} -eq 0 ]] && return
    echo "installing ${missing[*]}" >&2
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

#!/bin/sh
# Install what Pratique needs: Debian's packages, then a folder .venv with the rest.
#
#   tools/setup.sh run     what `make run` needs: packages, .venv, .venv/bin/pratique
#   tools/setup.sh test    the servers that the tests talk to; without them tests skip
#
# Debian's packages are installed where that may be done without a question (root, or
# sudo without a password); elsewhere this script says which, and ends.  Nothing is
# removed for them, and no service is started: the tests run servers of their own.
# Python's packages come from constraints.txt; pip takes no file without its hash.
set -eu
cd "$(dirname "$0")/.."
venv=${VENV:-.venv}
constraints=${CONSTRAINTS:-constraints.txt}

say() { printf '%s\n' "$*" >&2; }

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# Packages for Python 3.11 to 3.13 have their hashes in constraints.txt; venv, pip and the
# headers (for pymilter and py-tlsh, which are built here) may come from Debian or from elsewhere.
fit='
import os, sys, sysconfig
assert (3, 11) <= sys.version_info < (3, 14)
import ensurepip, venv
assert os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h"))
'

python() {
    for each in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if command -v "$each" >/dev/null && "$each" -c "$fit" 2>/dev/null; then
            echo "$each"
            return
        fi
    done
}

run_packages() {
    echo gcc g++ libc6-dev libmilter-dev libmagic1 libarchive13 libseccomp2
    [ -n "$(python)" ] || echo python3 python3-venv python3-dev
}

# The servers, the browser and the packers that the tests hold our readers against.
test_packages() {
    echo postfix miltertest strace docker-compose systemd bubblewrap unar 7zip
    echo tnef openssl chromium arj binutils cpio gcab genisoimage jlha-utils mtools
    echo qemu-utils zip unzip clamav-daemon dovecot-lmtpd haproxy swaks
    echo qpdf ghostscript mupdf-tools groff librsvg2-bin liblnk-utils
    echo rspamd spamassassin spamd
    echo c-icap libc-icap-mod-virus-scan libtiff-tools libpodofo-utils gnumeric abiword
    echo libreoffice-calc-nogui libreoffice-writer-nogui libreoffice-impress-nogui
    echo libgnutls-dane0 libidn12 # Exim's libraries, as far as nothing else here needs them
}

# Newer releases carry libraries under names with "t64"; either will do.
missing() {
    for each in $(cat); do
        installed "$each" || installed "${each}t64" || echo "$each"
    done | xargs
}

root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

apt() {
    root env DEBIAN_FRONTEND=noninteractive apt-get -y -qq -o Dpkg::Use-Pty=0 "$@"
}

# Debian starts a server as soon as it is installed, unless this file forbids it.
forbid_services() {
    policy=/usr/sbin/policy-rc.d
    [ ! -e "$policy" ] || return 0
    trap 'root rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' | root tee "$policy" >/dev/null
    root chmod 755 "$policy"
}

packages() {
    if ! command -v dpkg-query >/dev/null; then
        say "Not a Debian system: see to it that what Debian calls $(cat | xargs) is here."
        return 0
    fi
    wanted=$(missing)
    [ -n "$wanted" ] || return 0
    line="apt-get install --no-install-recommends $wanted"
    if ! root true 2>/dev/null; then
        say "These Debian packages are missing, and only root may install them:" "" "    $line" ""
        return 1
    fi
    say "Installing Debian packages: $wanted"
    log=$(mktemp)
    forbid_services
    case " $wanted " in *" postfix "*)
        echo postfix postfix/main_mailer_type select No configuration | root debconf-set-selections
    esac
    # shellcheck disable=SC2086
    {
        apt install --no-install-recommends --no-remove $wanted ||
            { apt update && apt install --no-install-recommends --no-remove $wanted; }
    } >"$log" 2>&1 || { cat "$log" >&2; say "This failed:" "    $line"; rm -f "$log"; return 1; }
    rm -f "$log"
}

# Exim may not be installed beside Postfix: it is unpacked, and the tests run it from there.
exim() {
    [ ! -x "$venv/exim/usr/sbin/exim4" ] || return 0
    if ! command -v apt-get >/dev/null; then
        say "Not a Debian system: the tests that have Exim bounce mail will skip."
        return 0
    fi
    say "Unpacking Exim into $venv/exim"
    folder=$(mktemp -d)
    status=0
    { fetched "$folder" || { apt update && fetched "$folder"; }; } && unpacked "$folder" || status=$?
    rm -rf "$folder"
    return $status
}

# By whoever runs this: root's _apt may not write there.
fetched() {
    (cd "$1" && apt-get -qq -o APT::Sandbox::User="$(id -un)" download exim4-daemon-light)
}

# Debian's is setuid root, which nothing in this folder shall be.
unpacked() {
    dpkg-deb --fsys-tarfile "$1"/*.deb >"$1/files" &&
        mkdir -p "$venv/exim" &&
        tar -C "$venv/exim" --no-same-owner -xf "$1/files" ./usr/sbin &&
        chmod 755 "$venv/exim/usr/sbin/exim4"
}

environment() {
    if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        python=$(python)
        [ -n "$python" ] || {
            say "Pratique needs Python 3.11, 3.12 or 3.13 with venv and headers; none is here."
            return 1
        }
        "$python" -m venv --clear "$venv"
    fi
    say "Installing Python packages into $venv, each checked by its hash"
    pip() { "$venv/bin/python" -m pip -qq --disable-pip-version-check install "$@"; }
    sed '/^# The rest/,$d' "$constraints" >"$venv/build-tools.txt"
    pip --require-hashes --no-build-isolation -r "$venv/build-tools.txt"
    pip --require-hashes --no-build-isolation -r "$constraints"
    pip --no-deps --no-build-isolation -e .
}

case ${1:-} in
run)
    run_packages | packages
    environment
    ;;
test)
    test_packages | packages
    exim
    ;;
*)
    say "usage: tools/setup.sh run|test"
    exit 2
    ;;
esac

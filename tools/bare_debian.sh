#!/bin/sh
# Try on a bare Debian what the README promises: clone, `make test`, `make run`, one mail.
#
#   make bare                    bookworm, the last commit of this repository
#   make bare TESTS=tests/desk   only these tests
#   tools/bare_debian.sh trixie  another release
#
# debootstrap lays a minimal Debian with make, git and ca-certificates into a temporary
# folder, from the mirror that this machine uses.  It is entered by pivot_root in
# namespaces of its own: in a plain chroot the kernel refuses new namespaces.  What pip
# and apt need to reach their servers from here (proxy, certificates, index) is passed on.
set -eu

# Inside: this part runs in the bare Debian, in the clone.
if [ "${1:-}" = inside ]; then
    cd "$(dirname "$0")/.."
    make test
    make run >/tmp/run.log 2>&1 &
    .venv/bin/python - <<'END'
"""Wait for `make run` to listen, send it one mail, and find that in the Maildir."""
import pathlib, smtplib, time
for attempt in range(300):
    try:
        client = smtplib.SMTP("127.0.0.1", 10025, timeout=30)
        break
    except OSError:
        time.sleep(0.1)
else:
    raise SystemExit(pathlib.Path("/tmp/run.log").read_text())
client.sendmail("ann@sender.example", ["bob@corp.example"], "Subject: hello\r\n\r\nhello\r\n")
client.quit()
found = list(pathlib.Path("var/maildir").rglob("new/*"))
if [b"Subject: hello" in each.read_bytes() for each in found] != [True]:
    raise SystemExit(f"found {found}\n" + pathlib.Path("/tmp/run.log").read_text())
print("make run: one mail taken and delivered")
END
    kill $!
    wait $! 2>/dev/null || true
    exit
fi

[ "$(id -u)" = 0 ] || { echo "only root can do this" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "apt-get install debootstrap" >&2; exit 1; }
here=$(cd "$(dirname "$0")/.." && pwd)
suite=${1:-bookworm}
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Component: main' | sort | uniq -c |
    sort -rn | awk '{ print $2 }' | grep '/debian/*$' | head -n 1)

bare=$(mktemp -d)
trap 'rm -rf --one-file-system "$bare"' EXIT
chmod 755 "$bare"
echo "Laying a bare Debian $suite into $bare"
debootstrap --variant=minbase --include=make,git,ca-certificates \
    "$suite" "$bare" "$mirror" >"$bare.log" 2>&1 || { cat "$bare.log"; exit 1; }
rm -f "$bare.log"

apt-config dump | grep -E '^Acquire::(http|https|ftp)::' >"$bare/etc/apt/apt.conf.d/99outside" || :
cp -L /etc/ssl/certs/ca-certificates.crt "$bare/etc/ssl/certs/"
index=$(python3 -m pip config get global.index-url 2>/dev/null || :)
clone=trial/main
git clone --quiet "file://$here" "$bare/$clone"
[ ! -d "$here/../shared" ] || cp -r "$here/../shared" "$bare/$clone/../shared"

passed=$(env | grep -E '^(PIP_(CERT|INDEX_URL|TRUSTED_HOST|DEFAULT_TIMEOUT)|[a-zA-Z]+_proxy|[A-Z]+_PROXY|SSL_CERT_FILE|REQUESTS_CA_BUNDLE)=' || :)
[ -z "$index" ] || passed="PIP_INDEX_URL=$index
$passed"
printf '%s\n' "$passed" >"$bare/outside.env"

unshare --mount --pid --fork sh -eu -c '
    mount --make-rprivate /
    mount --bind "$1" "$1"
    cd "$1"
    mkdir .outside
    pivot_root . .outside
    cd /
    mount -t proc proc /proc
    mount --rbind /.outside/dev /dev
    umount -l /.outside
    rmdir /.outside
    exec env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin CI=true $(cat /outside.env) \
        TESTS="$3" sh "/$2/tools/bare_debian.sh" inside
' sh "$bare" "$clone" "${TESTS:-}"

#!/bin/sh
# The command line of this installation, as the services run: as their user, with their settings and their secrets.
#   sudo reachback technician add NAME
set -eu

if [ "$(id -u)" != 0 ]; then
    echo "reachback: this is about the whole machine's register: sudo reachback $*" >&2
    exit 1
fi

set -- /opt/reachback/bin/reachback "$@"
for secret in /etc/credstore/reachback.*; do
    [ ! -f "$secret" ] || set -- --property=LoadCredential="${secret##*/}" "$@"
done
# systemd reads the settings, as it does for the services; with both --pipe and --pty it sees whether a person is there.
exec systemd-run --quiet --pipe --pty --wait --collect --service-type=exec ${LANG:+--setenv=LANG} \
    --uid=reachback --gid=reachback --working-directory=/var/lib/reachback --property=UMask=0077 \
    --setenv=REACHBACK_STATE_DIR=/var/lib/reachback --property=EnvironmentFile=-/etc/reachback/reachback.env "$@"

#!/bin/sh
# The command line of this installation, as the services run: as their user, with their settings.
#   sudo reachback technician add NAME
set -eu
user=reachback
settings=/etc/reachback/reachback.env
state=/var/lib/reachback

if [ "$(id -u)" = 0 ]; then
    umask 077
    cd "$state"
    # Root's own environment stays outside; what a terminal needs goes along.
    exec setpriv --reuid "$user" --regid "$user" --init-groups --no-new-privs --bounding-set=-all -- \
        env -i HOME="$state" PATH=/usr/bin:/bin TERM="${TERM-dumb}" LANG="${LANG-C.UTF-8}" COLUMNS="${COLUMNS-}" \
        "$0" "$@"
fi
if [ "$(id -un)" != "$user" ]; then
    echo "reachback: this works on the register of the whole machine: sudo reachback $*" >&2
    exit 1
fi

# Read as systemd reads it, line by line; nothing in it is run.
export REACHBACK_STATE_DIR="$state"
while IFS= read -r line || [ -n "$line" ]; do
    case $line in
        REACHBACK_*=*)
            value=${line#*=}
            case $value in
                \"*\") value=${value#\"} value=${value%\"} ;;
                \'*\') value=${value#\'} value=${value%\'} ;;
            esac
            export "${line%%=*}=$value"
            ;;
    esac
done <"$settings"
exec /opt/reachback/bin/reachback "$@"

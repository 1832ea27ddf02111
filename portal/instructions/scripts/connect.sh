#!/bin/sh
# Lets a technician see and control this desktop, once its owner has said yes, until this is stopped.
#
# Needs x11vnc, or a desktop that TigerVNC's Xvnc serves. Nothing is installed and no setting is changed; the only
# file, a password for this session, is in a folder of its own that is removed at the end.
#
#   sh connect.sh
set -u
umask 077

host=@host@ port=@port@ number=@number@
page='@page@'
password='@password@'
minutes=@minutes@ tick=@tick@ ask=@ask@ first=@first@ last=@last@

box='' worker='' dialled=''

# --- Asking ---------------------------------------------------------------------------------------

consents() {
    echo
    @say asks@
    @say until@
    echo
    @say sees@
    @say wire@
    echo
    printf '  %s ' '@question@'
    answer=''
    read -r answer || return 1
    case $answer in
        @accept@) return 0 ;;
        *) return 1 ;;
    esac
}

# --- Dialling -------------------------------------------------------------------------------------

# x11vnc says the number by itself and asks for the password; TigerVNC says nothing and keeps its own.
chosen_server() {
    if command -v x11vnc >/dev/null 2>&1; then
        echo x11vnc
        return
    fi
    for tool in tigervncconfig vncconfig; do
        if command -v "$tool" >/dev/null 2>&1 && "$tool" -get desktop >/dev/null 2>&1; then
            echo "$tool"
            return
        fi
    done
}

# It runs for as long as the link lives, and ends at once where nobody answers.
dial_x11vnc() {
    if [ -n "$password" ]; then
        set -- -passwdfile "$box/password"
    else
        set -- -nopw
    fi
    x11vnc -quiet -rfbport 0 -shared "$@" -connect_or_exit "repeater=ID:$number+$host:$port" >/dev/null 2>&1 &
    dialled=$!
}

is_up() {
    if [ "$server" = x11vnc ]; then
        [ -n "$dialled" ] && kill -0 "$dialled" 2>/dev/null
    else
        established
    fi
}

# Xvnc has the link, so only the system can tell. The columns of both are: ... own address, far address.
established() {
    if command -v ss >/dev/null 2>&1; then
        ss -Htn state established state syn-sent
    else
        netstat -tn | grep -e ESTABLISHED -e SYN_SENT
    fi | grep -q ":$port *\$\|:$port  *[A-Z]"
}

dial() {
    if [ "$server" = x11vnc ]; then
        dial_x11vnc
    else
        "$server" -connect "$host:$port" >/dev/null 2>&1
    fi
}

hang_up() {
    if [ "$server" = x11vnc ]; then
        [ -z "$dialled" ] || end_x11vnc
    else
        "$server" -disconnect >/dev/null 2>&1
    fi
}

# Now and then x11vnc hangs in its own clean-up.
end_x11vnc() {
    kill "$dialled" 2>/dev/null
    for try in 1 2 3; do
        pause 1
        kill -0 "$dialled" 2>/dev/null || return 0
    done
    kill -KILL "$dialled" 2>/dev/null
}

# In the background, so that a signal need not wait for its end.
pause() {
    sleep "$1" &
    wait $!
}

# --- Watching -------------------------------------------------------------------------------------

# Where neither curl nor wget is there, the time limit has to do.
has_ended() {
    if command -v curl >/dev/null 2>&1; then
        status=$(curl -s -o /dev/null -w '%{http_code}' -m 8 -H 'Accept: application/json' "$page")
    elif command -v wget >/dev/null 2>&1; then
        status=$(wget -q -S -O /dev/null -T 8 -t 1 --header='Accept: application/json' "$page" 2>&1 |
            sed -n 's|.*HTTP/[0-9.]* \([0-9]*\).*|\1|p' | tail -n 1)
    else
        return 1
    fi
    [ "$status" = 404 ] || [ "$status" = 410 ]
}

watch() {
    trap 'trap "" TERM INT HUP; hang_up; exit 0' TERM INT HUP
    until=$(($(date +%s) + minutes * 60))
    gap=$first shown='' next_dial=0 next_ask=$(($(date +%s) + ask))
    while now=$(date +%s) && [ "$now" -lt "$until" ]; do
        # Somebody may have killed the shell that reads.
        kill -0 "$$" 2>/dev/null || break
        if is_up; then
            [ "$shown" = up ] || {
                @say connected@
                @say off_enter@
            }
            shown=up gap=$first next_dial=0
        elif [ "$now" -ge "$next_dial" ]; then
            if [ "$shown" = up ]; then
                # A link that is gone may have been ended on purpose.
                if has_ended; then break; fi
                @say lost@
            elif [ -z "$shown" ]; then
                @say calling@
            fi
            shown=down
            dial
            next_dial=$((now + gap)) gap=$((gap * 2))
            [ "$gap" -le "$last" ] || gap=$last
        fi
        if [ "$now" -ge "$next_ask" ]; then
            if has_ended; then break; fi
            next_ask=$((now + ask))
        fi
        pause "$tick"
    done
    hang_up
    kill -USR1 "$$" 2>/dev/null || rm -rf "$box"
}

# --- From the beginning to the end ----------------------------------------------------------------

clean_up() {
    trap '' USR1 INT TERM HUP
    if [ -n "$worker" ]; then
        kill "$worker" 2>/dev/null
        wait "$worker" 2>/dev/null
    fi
    [ -z "$box" ] || rm -rf "$box"
}

finish() {
    clean_up
    trap - EXIT
    echo
    @say finished_linux@
    exit 0
}

if ! consents; then
    echo
    @say declined@
    exit 0
fi
server=$(chosen_server)
if [ -z "$server" ]; then
    @say no_server_linux@
    exit 1
fi
trap clean_up EXIT
trap finish USR1 INT TERM HUP
box=$(mktemp -d) || exit 1
[ -z "$password" ] || printf '%s\n' "$password" >"$box/password"
watch &
worker=$!
if [ -t 0 ]; then
    read -r answer
else
    wait "$worker"
fi
finish

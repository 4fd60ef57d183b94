# Step library: the protocol between a machine and whoever sends it a script.
#
# A script is composed as
#
#     [DVO_CHECK=1]                only look: nothing on the machine is changed
#     [DVO_LOCKED=1]               the sender already holds the machine's lock
#     [DVO_LOCAL=1]                this computer: root is whoever runs the script
#     [DVO_ASK=1]                  ask before each step: see below
#     all files of this folder, in any order
#     {
#     dvo_op 17 dvo_file --path='/etc/motd' --content='hello'
#     [DVO_TIMEOUT=90]             seconds after which commands of the user's are ended
#     dvo_op -c 18 dvo_run --argv='make' --argv='install'
#     dvo_op -f 4096 19 dvo_put --path='/srv/x' --digest='sha256:...'
#     dvo_skip 20
#     dvo_any restart 17 19        DVO_ANY_restart: true if one of these changed something
#     dvo_op 21 dvo_service --unit='nginx.service' "--restart=$DVO_ANY_restart"
#     dvo_end
#     }
#
# and goes to the standard input of `sh`, so no value of it shows in a list of processes.
# The braces make the shell read everything before it runs anything: a script that was cut
# off on its way does nothing at all.
#
# Parameters are single words --KEY=VALUE in single quotes; a list repeats its key, a
# mapping repeats --KEY=NAME=VALUE, booleans are true and false, and what is left alone is
# not passed. `-c` goes on after a failure of that op; otherwise a failure ends the script.
# `-f` gives a step the size of a file that it may ask for: it says "dvo ID send", and reads
# so many bytes from the script's own standard input, which nothing else reads then.
#
# Each op answers one line on the script's standard output,
#
#     dvo ID STATE ERROR REASON [KEY=VALUE...]
#
# STATE is same, changed, failed or unknown (only in check mode: what is looked at depends
# on something that is not there yet). ERROR is "-" or a name of ir/errors.def. REASON is
# "-" when there is none. REASON and every VALUE are percent-encoded: %XX is that byte, any
# other byte is itself; blanks, "-" and "%" never stand for themselves. A script that came
# to its end closes with the line "dvo end". With DVO_ASK each step says "dvo ID start" first,
# and does nothing before a line on standard input answers that; an op that was left out by
# dvo_skip says "dvo ID skipped".
#
# Where a function hands back a value it does so in an upper-case variable DVO_*: a command
# substitution would cost a process and lose trailing newlines.

set -u
umask 022

# Nothing inherited may reach a step or turn our own variables into exported ones.
for dvo_name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do
    case $dvo_name in
    http_proxy | https_proxy | no_proxy | DVO_CHECK | DVO_LOCKED | DVO_LOCAL) ;;
    *) unset "$dvo_name" ;;
    esac
done
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
DVO_TMP=
DVO_WHY=
DVO_CHANGED=' '
DVO_NL='
'
DVO_TAB=$(printf '\t')
exec 3>&1

# dvo_op [-c] [-f SIZE] ID FUNCTION [--KEY=VALUE...]: carries out one step and answers its line.
dvo_op() {
    dvo_go_on=
    DVO_SIZE=
    while :; do
        case $1 in
        -c)
            dvo_go_on=1
            shift
            ;;
        -f)
            DVO_SIZE=$2
            shift 2
            ;;
        *) break ;;
        esac
    done
    dvo_id=$1
    shift
    dvo_begin
    if [ -n "${DVO_ASK-}" ] && [ -z "$DVO_REFUSED" ]; then
        echo "dvo $dvo_id start" >&3
        read -r dvo_word || exit 1
    fi
    : >"$DVO_TMP/result"
    : >"$DVO_TMP/values"
    if [ -n "$DVO_REFUSED" ]; then
        printf '%s\n' "$DVO_REFUSED" >"$DVO_TMP/result"
    else
        # A daemon that the step leaves behind must hold neither our output nor a lock.
        (
            exec >"$DVO_TMP/noise" 2>&1 8>&- 9>&-
            [ -n "$DVO_SIZE" ] || exec </dev/null 3>&-
            command -v "$1" || dvo_fail ENOSYS "this machine has no step $1"
            "$@"
            dvo_fail EUNKNOWN "the step $1 came to no result"
        )
    fi
    IFS= read -r dvo_result <"$DVO_TMP/result" || {
        dvo_encode "step ended without a result: $(tail -c 1000 "$DVO_TMP/noise")"
        dvo_result="failed EUNKNOWN $DVO_ENCODED"
    }
    printf 'dvo %s %s' "$dvo_id" "$dvo_result" >&3
    if [ -s "$DVO_TMP/values" ]; then
        cat "$DVO_TMP/values" >&3
    fi
    printf '\n' >&3
    case $dvo_result in
    changed* | unknown*) DVO_CHANGED="$DVO_CHANGED$dvo_id " ;;
    failed*) [ -n "$dvo_go_on" ] || exit 1 ;;
    esac
}

# dvo_skip ID: that op has nothing to do.
dvo_skip() {
    echo "dvo $1 skipped" >&3
}

# dvo_any NAME ID...: DVO_ANY_NAME becomes true if one of these ops changed something, or
# would in check mode, else false.
dvo_any() {
    eval "DVO_ANY_$1=false"
    for dvo_word; do
        case $DVO_CHANGED in
        *" $dvo_word "*) eval "DVO_ANY_$1=true" ;;
        esac
    done
}

# dvo_end: proves that the whole script was carried out. A sender that answers questions
# leaves standard input open, so nothing more is read from there.
dvo_end() {
    echo 'dvo end' >&3
    exit 0
}

# dvo_begin: once per script, makes the private folder and takes the machine's lock.
# DVO_REFUSED is the answer for every op when the lock is held by somebody else.
dvo_begin() {
    [ -z "$DVO_TMP" ] || return 0
    for dvo_name in /run "${XDG_RUNTIME_DIR:-/run/user/$(id -u)}" /dev/shm; do
        DVO_TMP=$(umask 077 && mktemp -d "$dvo_name/dvo.XXXXXX" 2>/dev/null) && break
    done
    [ -n "$DVO_TMP" ] || {
        echo "dvo $dvo_id failed EPERM no%20folder%20for%20private%20files" >&3
        exit 1
    }
    trap 'rm -rf -- "$DVO_TMP"' EXIT
    trap 'exit 1' HUP INT TERM PIPE
    DVO_REFUSED=
    if dvo_checking; then
        return 0
    fi
    # A run that was killed gives its lock back, but the step it had sent goes on to its end.
    dvo_lock_file /run/lock/dvo.step && exec 8<"$dvo_name" && ! flock -w 10 8 &&
        DVO_REFUSED='failed EBUSY a%20step%20of%20another%20run%20is%20still%20at%20work'
    if [ -z "$DVO_REFUSED${DVO_LOCKED-}" ] && dvo_lock_file /run/lock/dvo; then
        exec 9<>"$dvo_name"
        if flock -n 9; then
            echo 'another run' >&9
        else
            DVO_REFUSED='failed EBUSY /run/lock/dvo%20is%20held%20by%20another%20run'
        fi
    fi
}

# dvo_lock_file PATH: it is there as dvo_name, and nothing but a file.
dvo_lock_file() {
    dvo_name=$1
    [ -e "$1" ] || : >>"$1"
    [ -f "$1" ] && [ ! -L "$1" ] && return 0
    DVO_REFUSED="failed EINVAL $1%20is%20not%20a%20file"
    return 1
}

dvo_checking() {
    [ -n "${DVO_CHECK-}" ]
}

# --- results: each of these ends the step -----------------------------------------------

dvo_result() { # STATE ERROR REASON
    DVO_ENCODED=-
    [ -z "$3" ] || dvo_encode "$3"
    printf '%s %s %s\n' "$1" "$2" "$DVO_ENCODED" >"$DVO_TMP/result"
    [ "$1" != failed ]
    exit
}

dvo_same() { # [REASON]
    dvo_result same - "${1-}"
}

dvo_changed() {
    dvo_result changed - "$DVO_WHY"
}

dvo_fail() { # ERROR REASON
    dvo_result failed "$1" "$2"
}

# dvo_missing REASON: an earlier step may be what provides it, so a look cannot tell.
dvo_missing() {
    if dvo_checking; then
        dvo_result unknown ENOENT "$1"
    fi
    dvo_fail ENOENT "$1"
}

# dvo_differ REASON: one more way in which the machine is not as wanted.
dvo_differ() {
    DVO_WHY=${DVO_WHY:+$DVO_WHY, }$1
}

# dvo_settle: after all comparisons, returns only if there is something to change now.
dvo_settle() {
    [ -n "$DVO_WHY" ] || dvo_same
    if dvo_checking; then
        dvo_changed
    fi
}

dvo_value() { # KEY VALUE
    dvo_encode "$2"
    printf ' %s=%s' "$1" "$DVO_ENCODED" >>"$DVO_TMP/values"
}

# dvo_value_text KEY FILE: the text of a file without its trailing newlines.
dvo_value_text() {
    {
        printf ' %s=' "$1"
        dvo_hex <"$2" | sed 's/\(%0A\)*$//'
    } >>"$DVO_TMP/values"
}

# dvo_encode TEXT: percent-encodes into DVO_ENCODED; plain words cost no process.
dvo_encode() {
    DVO_ENCODED=
    case $1 in
    *[!A-Za-z0-9_./:,+@\ ]*) DVO_ENCODED=$(printf '%s' "$1" | dvo_hex) ;;
    *)
        dvo_rest=$1
        while [ "$dvo_rest" != "${dvo_rest#* }" ]; do
            DVO_ENCODED=$DVO_ENCODED${dvo_rest%% *}%20
            dvo_rest=${dvo_rest#* }
        done
        DVO_ENCODED=$DVO_ENCODED$dvo_rest
        ;;
    esac
}

dvo_hex() {
    od -An -v -tx1 | tr -d '\n' | tr ' a-f' '%A-F'
}

# --- parameters -------------------------------------------------------------------------

# dvo_take "SCALARS" "LISTS" "$@": a scalar becomes P_KEY; a list becomes P_KEY_1, P_KEY_2 ...
# and N_KEY, its length. What was not passed stays unset. Unknown parameters are refused.
dvo_take() {
    dvo_scalars=" $1 "
    dvo_lists=" $2 "
    for dvo_key in $2; do
        eval "N_$dvo_key=0"
    done
    shift 2
    for dvo_word; do
        dvo_key=${dvo_word%%=*}
        dvo_key=${dvo_key#--}
        case $dvo_word in
        "--$dvo_key="*) ;;
        *) dvo_fail EINVAL "not a parameter: $dvo_key" ;;
        esac
        case $dvo_key in
        *[!a-z0-9_]*) dvo_fail EINVAL "not a parameter: $dvo_key" ;;
        esac
        case $dvo_scalars in
        *" $dvo_key "*)
            eval "P_$dvo_key=\${dvo_word#*=}"
            continue
            ;;
        esac
        case $dvo_lists in
        *" $dvo_key "*)
            eval "N_$dvo_key=\$((N_$dvo_key + 1))"
            eval "eval \"P_${dvo_key}_\$N_$dvo_key=\\\${dvo_word#*=}\""
            ;;
        *) dvo_fail EINVAL "unknown parameter: $dvo_key" ;;
        esac
    done
}

# dvo_need KEY...: these must have been passed, and not empty.
dvo_need() {
    for dvo_key; do
        eval "dvo_word=\${P_$dvo_key-}"
        [ -n "$dvo_word" ] || dvo_fail EINVAL "$dvo_key is missing"
    done
}

# dvo_flag KEY DEFAULT: true or false, else EINVAL.
dvo_flag() {
    eval "dvo_word=\${P_$1-$2}"
    case $dvo_word in
    true) return 0 ;;
    false) return 1 ;;
    *) dvo_fail EINVAL "$1 is neither true nor false" ;;
    esac
}

# dvo_words KEY: DVO_WORDS becomes the list as text for `eval "set -- $DVO_WORDS"`.
dvo_words() {
    DVO_WORDS=
    eval "dvo_count=\$N_$1"
    dvo_index=0
    while [ "$dvo_index" -lt "$dvo_count" ]; do
        dvo_index=$((dvo_index + 1))
        DVO_WORDS="$DVO_WORDS \"\$P_${1}_$dvo_index\""
    done
}

# dvo_name KEY TEXT: the name of a login or group that no tool takes for an option.
dvo_name() {
    case $2 in
    '' | -* | *[!A-Za-z0-9_.@\$-]*) dvo_fail EINVAL "not a name for $1: $2" ;;
    esac
}

# dvo_number KEY TEXT
dvo_number() {
    case $2 in
    '' | *[!0-9]* | ???????????*) dvo_fail EINVAL "$1 is not a number: $2" ;;
    esac
}

# dvo_variable NAME: the name of an environment variable.
dvo_variable() {
    case $1 in
    '' | [0-9]* | *[!A-Za-z0-9_]*) dvo_fail EINVAL "not the name of a variable: $1" ;;
    esac
}

# --- commands ---------------------------------------------------------------------------

# dvo_try COMMAND...: a failure of it is the failure of the step, in its own words.
dvo_try() {
    "$@" >"$DVO_TMP/said" 2>&1 || dvo_fail_said
}

# dvo_fail_said: fails with what the last command said.
dvo_fail_said() {
    dvo_said=$(tail -c 2000 "$DVO_TMP/said")
    dvo_errno "$dvo_said"
    dvo_fail "$DVO_ERRNO" "$dvo_said"
}

# dvo_tool COMMAND PACKAGE: the machine has that command.
dvo_tool() {
    command -v "$1" >/dev/null ||
        dvo_fail ENOSYS "this machine has no $1; the package $2 brings it"
}

# dvo_errno TEXT: the error that the words of a tool mean.
dvo_errno() {
    case $1 in
    *'No space left'* | *'enough free space'*) DVO_ERRNO=ENOSPC ;;
    *'Disk quota'*) DVO_ERRNO=EQUOTA ;;
    *'Read-only file system'* | *'Permission denied'* | *'not permitted'*) DVO_ERRNO=EPERM ;;
    *'ould not get lock'* | *'nable to acquire'* | *'nable to lock'* | *'resource busy'* | \
        *'annot lock'*) DVO_ERRNO=EBUSY ;;
    *'Held packages were changed'*) DVO_ERRNO=EPERM ;;
    *'nable to locate package'* | *'was not found'* | *'no installation candidate'* | \
        *'404 '* | *'No such file'* | *'does not have a Release file'*) DVO_ERRNO=ENOENT ;;
    *NO_PUBKEY* | *'is not signed'* | *'signatures were invalid'* | *'be authenticated'* | \
        *'couldn'?'t be verified'* | *'ertificate verification failed'* | \
        *'No system certificates'*) DVO_ERRNO=EAUTH ;;
    *'timed out'*) DVO_ERRNO=ETIMEDOUT ;;
    *'onnection refused'* | *'onnection reset'* | *'onnection failed'*) DVO_ERRNO=ECONN ;;
    *'resolving'* | *'resolve'* | *'unreachable'* | *'ould not connect'*) DVO_ERRNO=EUNREACH ;;
    *'Hash Sum mismatch'* | *'nexpected size'*) DVO_ERRNO=EPROTO ;;
    *'Argument list too long'* | *'File name too long'* | *'Invalid argument'* | \
        *'Not a directory'* | *'Is a directory'* | \
        *'unmet dependencies'* | *'Unable to correct problems'*) DVO_ERRNO=EINVAL ;;
    *) DVO_ERRNO=EUNKNOWN ;;
    esac
}

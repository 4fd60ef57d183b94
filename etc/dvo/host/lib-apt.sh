# Step library: Debian packages. apt never asks, keeps changed configuration files, waits
# for locks of others, and runs in a session of its own so that nobody ends it midway.

dvo_apt() {
    dvo_apt_patiently apt-get -y -q -o Dpkg::Options::=--force-confdef \
        -o Dpkg::Options::=--force-confold -o Dpkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 \
        -o APT::Color=0 "$@"
}

# dvo_apt_patiently COMMAND...: of apt; begun anew where a lock kept it out.
dvo_apt_patiently() {
    dvo_uptime
    dvo_apt_end=$((DVO_UPTIME + 600))
    dvo_apt_repaired=
    until dvo_apt_once "$@"; do
        dvo_uptime
        if [ "$DVO_UPTIME" -ge "${DVO_APT_END:-$((DVO_UPTIME + 1))}" ]; then
            dvo_fail ETIMEDOUT "apt has not come to its end within the time given"
        elif grep -q 'dpkg was interrupted' "$DVO_TMP/said" && [ -z "$dvo_apt_repaired" ]; then
            dvo_apt_repaired=1
            dvo_apt_once dpkg --force-confdef --force-confold --configure -a || dvo_fail_said
        elif grep -q 'ould not get lock' "$DVO_TMP/said" &&
            [ "$DVO_UPTIME" -lt "$dvo_apt_end" ]; then
            sleep 1
        else
            dvo_apt_failed
        fi
    done
}

# dvo_apt_once COMMAND...: ended at the uptime DVO_APT_END, if that is set.
dvo_apt_once() {
    if [ -n "${DVO_APT_END-}" ]; then
        dvo_uptime
        dvo_apt_left=$((DVO_APT_END - DVO_UPTIME))
        [ "$dvo_apt_left" -gt 0 ] || dvo_apt_left=1
        set -- timeout -k 5 "$dvo_apt_left" "$@"
    fi
    DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none UCF_FORCE_CONFFOLD=1 \
        NEEDRESTART_SUSPEND=1 setsid -w "$@" >"$DVO_TMP/said" 2>&1
}

# dvo_apt_failed: the lines that say why, or the last ones.
dvo_apt_failed() {
    if grep '^[EW]: ' "$DVO_TMP/said" >"$DVO_TMP/words"; then
        grep -A 3 'unmet dependencies' "$DVO_TMP/said" >>"$DVO_TMP/words"
        tail -n 5 "$DVO_TMP/said" | grep -v '^[EW]: ' >>"$DVO_TMP/words"
        mv "$DVO_TMP/words" "$DVO_TMP/said"
    fi
    dvo_fail_said
}

# dvo_package_word WORD: DVO_PACKAGE and DVO_VERSION from NAME or NAME=VERSION. Endings and
# patterns by which apt would do something else than install are refused.
dvo_package_word() {
    DVO_PACKAGE=${1%%=*}
    DVO_VERSION=${1#"$DVO_PACKAGE"}
    DVO_VERSION=${DVO_VERSION#=}
    case $DVO_PACKAGE in
    '' | [!a-z0-9]* | *[!a-z0-9+.:-]* | *-) dvo_fail EINVAL "not the name of a package: $1" ;;
    esac
    case $1 in
    *= | "$DVO_PACKAGE="*[!A-Za-z0-9.+:~-]*) dvo_fail EINVAL "not a version: $1" ;;
    esac
}

# dvo_members: of a transaction for several, whose packages are a text each in the list
# `members`, says which of them find something to do: a digit for each, 1 if it is the first
# to ask for a package of the list `todo`.
dvo_members() {
    [ "$N_members" != 0 ] || return 0
    dvo_words todo
    eval "set -- $DVO_WORDS"
    dvo_members_todo=" $* "
    dvo_members_said=
    dvo_words members
    eval "set -- $DVO_WORDS"
    for dvo_member; do
        dvo_members_digit=0
        for dvo_word in $dvo_member; do
            case $dvo_members_todo in
            *" $dvo_word "*)
                dvo_members_digit=1
                dvo_members_todo="${dvo_members_todo%%" $dvo_word "*} ${dvo_members_todo#*" $dvo_word "}"
                ;;
            esac
        done
        dvo_members_said=$dvo_members_said$dvo_members_digit
    done
    dvo_value members "$dvo_members_said"
}

# dvo_packages_read WORD...: reads the state of those packages at once.
dvo_packages_read() {
    set -- "$@" dpkg
    dvo_index=$#
    while [ "$dvo_index" -gt 0 ]; do
        dvo_word=$1
        shift
        set -- "$@" "${dvo_word%%=*}"
        dvo_index=$((dvo_index - 1))
    done
    # shellcheck disable=SC2016 # fields of dpkg
    dvo_word=' ${db:Status-Status} ${Version}\n'
    # shellcheck disable=SC2016
    dvo_word='${Package}'$dvo_word'${Package}:${Architecture}'$dvo_word
    DVO_PACKAGES=$DVO_NL$(dpkg-query -W -f "$dvo_word" -- "$@" 2>/dev/null)$DVO_NL
}

# dvo_package_state NAME: DVO_STATE is installed, config-files, none or a state in between;
# DVO_HAS its version. A name that an installed package provides counts as installed.
dvo_package_state() {
    DVO_STATE=none
    DVO_HAS=
    case $DVO_PACKAGES in
    *"$DVO_NL$1 installed "*)
        dvo_word=${DVO_PACKAGES#*"$DVO_NL$1 installed "}
        DVO_STATE=installed
        ;;
    *"$DVO_NL$1 "*)
        dvo_word=${DVO_PACKAGES#*"$DVO_NL$1 "}
        DVO_STATE=${dvo_word%% *}
        dvo_word=${dvo_word#* }
        ;;
    *) return 0 ;;
    esac
    DVO_HAS=${dvo_word%%"$DVO_NL"*}
    [ "$DVO_STATE" != not-installed ] || DVO_STATE=none
}

# dvo_package_provided NAME: is it a name that some installed package provides?
dvo_package_provided() {
    # shellcheck disable=SC2016 # fields of dpkg
    dpkg-query -W -f '${db:Status-Status}, ${Provides},\n' 2>/dev/null |
        grep '^installed' | grep -qF -e ", $1," -e ", $1 ("
}

# dvo_package_known NAME...: apt knows each, else ENOENT: it would take an unknown name for
# a pattern.
dvo_package_known() {
    apt-cache policy -- "$@" >"$DVO_TMP/policy" 2>/dev/null
    for dvo_word; do
        grep -qxF -e "$dvo_word:" -e "${dvo_word%:*}:" "$DVO_TMP/policy" && continue
        apt-cache showpkg -- "$dvo_word" 2>/dev/null | sed '1,/^Reverse Provides/d' | grep -q . ||
            dvo_fail ENOENT "no repository of this machine has a package $dvo_word"
    done
}

# dvo_deb_read PATH: DVO_PACKAGE and DVO_VERSION of a package file.
dvo_deb_read() {
    dvo_path "$1"
    [ -f "$1" ] || dvo_missing "there is no package file $1"
    # shellcheck disable=SC2016 # fields of dpkg
    dpkg-deb --showformat '${Package}=${Version}\n' -W -- "$1" \
        >"$DVO_TMP/deb" 2>"$DVO_TMP/said" || dvo_fail EINVAL "$1 is not a package"
    read -r dvo_word <"$DVO_TMP/deb"
    dvo_package_word "$dvo_word"
}

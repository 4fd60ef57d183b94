# machine.mount: a line of /etc/fstab, and mounted now. Absence unmounts, takes the line away
# and keeps the directory.
# Parameters: path, device, fstype, options (list), present.
dvo_mount() {
    dvo_take 'path device fstype present' options "$@"
    dvo_need path
    dvo_expect "$P_path" directory
    dvo_expect /etc/fstab file
    dvo_mount_field "$P_path"
    dvo_mount_at=$DVO_FIELD
    dvo_mount_entry
    dvo_mount_live
    if ! dvo_flag present true; then
        [ -z "$dvo_mount_on" ] || dvo_differ "$dvo_mount_source is mounted there"
        [ -z "$dvo_mount_was" ] || dvo_differ '/etc/fstab has a line for it'
        dvo_settle
        dvo_mount_off
        [ -z "$dvo_mount_was" ] || dvo_mount_write ''
        dvo_changed
    fi
    dvo_need device fstype
    dvo_mount_options
    dvo_mount_field "$P_device"
    dvo_mount_line="$DVO_FIELD $dvo_mount_at"
    dvo_mount_field "$P_fstype"
    dvo_mount_line="$dvo_mount_line $DVO_FIELD"
    dvo_mount_field "$DVO_OPTIONS"
    dvo_mount_line="$dvo_mount_line $DVO_FIELD 0 0"
    dvo_mount_do=
    if [ -z "$dvo_mount_on" ]; then
        dvo_differ 'it is not mounted'
        dvo_mount_do=mount
    elif ! dvo_mount_right; then
        [ -n "$dvo_mount_was" ] || dvo_fail EEXIST \
            "$dvo_mount_source ($dvo_mount_type) is mounted on $P_path, and /etc/fstab does not name it"
        dvo_differ "$dvo_mount_source ($dvo_mount_type) is mounted there"
        dvo_mount_do=replace
    elif [ -n "$dvo_mount_was" ] && [ "$dvo_mount_was" != "$dvo_mount_line" ]; then
        dvo_mount_do=remount
    elif dvo_mount_lacks; then
        dvo_differ "it is mounted without $DVO_LACKS"
        dvo_mount_do=remount
    fi
    if [ -z "$dvo_mount_was" ]; then
        dvo_differ '/etc/fstab has no line for it'
    elif [ "$dvo_mount_was" != "$dvo_mount_line" ]; then
        dvo_differ '/etc/fstab has another line for it'
    fi
    dvo_settle
    case $P_device in
    /*) [ -e "$P_device" ] || dvo_fail ENOENT "there is no $P_device" ;;
    esac
    # The line comes last: one that cannot be mounted would stand in the way of the next boot.
    case $dvo_mount_do in
    replace) dvo_mount_off ;;
    mount)
        if [ ! -d "$P_path" ]; then
            dvo_parents "$P_path"
            dvo_try mkdir -m 0755 -- "$P_path"
            dvo_try chown 0:0 -- "$P_path"
        fi
        ;;
    remount)
        # With device and directory both given, no option comes from /etc/fstab.
        dvo_mount_try mount -o "remount,$DVO_OPTIONS" -- "$P_device" "$P_path"
        ;;
    esac
    case $dvo_mount_do in
    mount | replace)
        dvo_mount_try mount -t "$P_fstype" -o "$DVO_OPTIONS" -- "$P_device" "$P_path"
        ;;
    esac
    [ "$dvo_mount_was" = "$dvo_mount_line" ] || dvo_mount_write "$dvo_mount_line"
    dvo_mount_live
    { [ -n "$dvo_mount_on" ] && dvo_mount_right; } ||
        dvo_fail EPOSTCOND "after mount succeeded, ${dvo_mount_source:-nothing} is mounted there"
    ! dvo_mount_lacks || dvo_fail EPOSTCOND "after mount succeeded, it lacks $DVO_LACKS"
    dvo_changed
}

# dvo_mount_options: DVO_OPTIONS, separated by commas.
dvo_mount_options() {
    DVO_OPTIONS=
    dvo_words options
    eval "set -- $DVO_WORDS"
    for dvo_word; do
        case $dvo_word in
        '' | *"$DVO_NL"*) dvo_fail EINVAL 'an option of a mount is one line' ;;
        esac
        DVO_OPTIONS=$DVO_OPTIONS${DVO_OPTIONS:+,}$dvo_word
    done
    DVO_OPTIONS=${DVO_OPTIONS:-defaults}
}

# dvo_mount_field TEXT: DVO_FIELD as fstab(5) and /proc/self/mountinfo write it.
dvo_mount_field() {
    case $1 in
    *[\\\ \#]* | *"$DVO_TAB"* | *"$DVO_NL"*)
        DVO_FIELD=$(printf '%s.' "$1" | sed -e 's/\\/\\134/g' -e 's/ /\\040/g' \
            -e "s/$DVO_TAB/\\\\011/g" -e 's/#/\\043/g' | tr '\n' '\001' |
            sed 's/\x01/\\012/g')
        DVO_FIELD=${DVO_FIELD%.}
        ;;
    *) DVO_FIELD=$1 ;;
    esac
}

# dvo_mount_entry: dvo_mount_was is the line of /etc/fstab for the path, with single blanks.
dvo_mount_entry() {
    dvo_mount_was=
    [ -e /etc/fstab ] || return 0
    dvo_mount_was=$(at=$dvo_mount_at awk '
        $1 !~ /^#/ && $2 == ENVIRON["at"] { print $1, $2, $3, $4, $5, $6 }' /etc/fstab)
    case $dvo_mount_was in
    *"$DVO_NL"*) dvo_fail EINVAL "/etc/fstab has several lines for $P_path" ;;
    esac
}

# dvo_mount_write LINE: in the place of the present line, else at the end; none if empty.
dvo_mount_write() {
    if [ -e /etc/fstab ]; then
        dvo_owner "$(stat -c %u /etc/fstab)" "$(stat -c %g /etc/fstab)" \
            "$(stat -c %a /etc/fstab)"
    else
        dvo_owner root root 0644
    fi
    dvo_temp /etc/fstab
    dvo_mount_old=/etc/fstab
    [ -e /etc/fstab ] || dvo_mount_old=/dev/null
    at=$dvo_mount_at line=$1 awk '
        $1 !~ /^#/ && $2 == ENVIRON["at"] {
            if (ENVIRON["line"] != "") print ENVIRON["line"]
            done = 1
            next
        }
        { print }
        END { if (!done && ENVIRON["line"] != "") print ENVIRON["line"] }
        ' "$dvo_mount_old" >"$DVO_NEW" 2>"$DVO_TMP/said" || dvo_fail_said
    dvo_swap /etc/fstab
    # The manager makes its mount units from the file; an old one could unmount again.
    [ ! -d /run/systemd/system ] || dvo_try systemctl daemon-reload
}

# dvo_mount_live: what is mounted on the path now: dvo_mount_on (flags), _type, _source,
# all empty if nothing is.
dvo_mount_live() {
    dvo_mount_on=
    dvo_mount_type=
    dvo_mount_source=
    # Kernels differ in whether they escape "#".
    at=$dvo_mount_at awk '
        { gsub(/#/, "\\043", $5) }
        $5 == ENVIRON["at"] {
            for (i = 7; $i != "-"; i++) ;
            found = $6 "," $(i + 3) " " $(i + 1) " " $(i + 2)
        }
        END { if (found != "") print found }' /proc/self/mountinfo >"$DVO_TMP/mounted"
    read -r dvo_mount_on dvo_mount_type dvo_mount_source <"$DVO_TMP/mounted" || return 0
}

# dvo_mount_right: is that the wanted device? What is bound shows the device below it.
dvo_mount_right() {
    case ,$DVO_OPTIONS, in
    *,bind,* | *,rbind,*) return 0 ;;
    esac
    case $P_fstype in
    auto | "$dvo_mount_type") ;;
    *) return 1 ;;
    esac
    case $P_device in
    UUID=* | LABEL=* | PARTUUID=* | PARTLABEL=* | ID=*)
        dvo_mount_device=$(findfs "$P_device" 2>/dev/null) || return 1
        ;;
    *) dvo_mount_device=$P_device ;;
    esac
    case $dvo_mount_device in
    /*)
        # A file is mounted through a loop device that leads back to it.
        if [ -f "$dvo_mount_device" ]; then
            [ "$(cat "/sys/block/${dvo_mount_source##*/}/loop/backing_file" 2>/dev/null)" = \
                "$(readlink -f -- "$dvo_mount_device")" ]
            return
        fi
        dvo_mount_device=$(readlink -f -- "$dvo_mount_device")
        dvo_mount_source=$(readlink -f -- "$dvo_mount_source" || echo "$dvo_mount_source")
        [ "$dvo_mount_device" = "$dvo_mount_source" ]
        ;;
    *)
        dvo_mount_field "$dvo_mount_device"
        [ "$DVO_FIELD" = "$dvo_mount_source" ]
        ;;
    esac
}

# dvo_mount_lacks: DVO_LACKS is a wanted flag that the kernel does not show.
dvo_mount_lacks() {
    for DVO_LACKS in ro noexec nosuid nodev noatime; do
        case ,$DVO_OPTIONS, in
        *",$DVO_LACKS,"*) ;;
        *) continue ;;
        esac
        case ,$dvo_mount_on, in
        *",$DVO_LACKS,"*) ;;
        *) return 0 ;;
        esac
    done
    return 1
}

# dvo_mount_off: nothing is mounted on the path any more.
dvo_mount_off() {
    while [ -n "$dvo_mount_on" ]; do
        dvo_mount_try umount -- "$P_path"
        dvo_mount_live
    done
}

# dvo_mount_try COMMAND...: mount(8) has words of its own.
dvo_mount_try() {
    "$@" >"$DVO_TMP/said" 2>&1 && return 0
    case $(cat "$DVO_TMP/said") in
    *'is busy'* | *'already mounted'*) DVO_ERRNO=EBUSY ;;
    *'does not exist'* | *"can't find"*) DVO_ERRNO=ENOENT ;;
    *'unknown filesystem type'* | *'wrong fs type'* | *'bad option'*) DVO_ERRNO=EINVAL ;;
    *'permission denied'* | *'write-protected'* | *'superuser'* | \
        *'failed to setup loop device'*) DVO_ERRNO=EPERM ;;
    *) dvo_fail_said ;;
    esac
    dvo_fail "$DVO_ERRNO" "$(tail -c 2000 "$DVO_TMP/said")"
}

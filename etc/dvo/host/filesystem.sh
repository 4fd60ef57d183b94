# machine.filesystem: a filesystem on a device, which is never formatted if it holds anything
# that can be told by its signature.
# Parameters: device (a block device, or a file used as one), fstype, label.
dvo_filesystem() {
    dvo_take 'device fstype label' '' "$@"
    dvo_need device
    dvo_path "$P_device"
    P_fstype=${P_fstype-ext4}
    case $P_fstype in
    '' | *[!a-z0-9]*) dvo_fail EINVAL "not a kind of filesystem: $P_fstype" ;;
    esac
    case ${P_label-} in
    -* | *[!A-Za-z0-9._-]*) dvo_fail EINVAL "not a label: $P_label" ;;
    esac
    [ -e "$P_device" ] || dvo_missing "there is no device $P_device"
    [ -b "$P_device" ] || [ -f "$P_device" ] || dvo_fail EINVAL "$P_device is not a device"
    dvo_filesystem_read
    case $dvo_filesystem_is in
    '') dvo_differ 'there is no filesystem' ;;
    "$P_fstype")
        [ "${P_label:-$dvo_filesystem_label}" = "$dvo_filesystem_label" ] ||
            dvo_differ "label is ${dvo_filesystem_label:-empty}"
        ;;
    *) dvo_fail EEXIST "$P_device already holds $dvo_filesystem_is; wipe it by hand if it may go" ;;
    esac
    dvo_settle
    if [ -n "$dvo_filesystem_is" ]; then
        dvo_filesystem_relabel
    else
        dvo_filesystem_make
    fi
    dvo_filesystem_read
    [ "$dvo_filesystem_is" = "$P_fstype" ] ||
        dvo_fail EPOSTCOND "after mkfs succeeded, $P_device holds ${dvo_filesystem_is:-nothing}"
    [ "${P_label:-$dvo_filesystem_label}" = "$dvo_filesystem_label" ] ||
        dvo_fail EPOSTCOND "after it was set, the label is ${dvo_filesystem_label:-empty}"
    dvo_changed
}

# dvo_filesystem_read: dvo_filesystem_is and _label from the device itself, not from a cache.
dvo_filesystem_read() {
    dvo_filesystem_is=
    dvo_filesystem_label=
    blkid -p -o export -s TYPE -s PTTYPE -- "$P_device" >"$DVO_TMP/export" 2>"$DVO_TMP/said"
    case $? in
    0) ;;
    2)
        # Also what blkid says where it cannot read at all.
        head -c 1 -- "$P_device" >/dev/null 2>"$DVO_TMP/said" || dvo_fail_said
        return 0
        ;;
    8) dvo_fail EEXIST "$P_device holds several signatures at once" ;;
    *) dvo_fail_said ;;
    esac
    while IFS='=' read -r dvo_key dvo_word; do
        case $dvo_key in
        TYPE) dvo_filesystem_is=$dvo_word ;;
        PTTYPE) dvo_filesystem_is=${dvo_filesystem_is:-a partition table ($dvo_word)} ;;
        esac
    done <"$DVO_TMP/export"
    [ "$dvo_filesystem_is" != "$P_fstype" ] ||
        dvo_filesystem_label=$(blkid -p -o value -s LABEL -- "$P_device")
}

dvo_filesystem_make() {
    dvo_filesystem_tool=mkfs.$P_fstype
    case $P_fstype in
    ext[234] | xfs | btrfs)
        set -- -q
        [ -z "${P_label-}" ] || set -- "$@" -L "$P_label"
        ;;
    vfat)
        # -I: on a whole disk, too.
        set -- -I
        [ -z "${P_label-}" ] || set -- "$@" -n "$P_label"
        ;;
    swap)
        dvo_filesystem_tool=mkswap
        set --
        [ -z "${P_label-}" ] || set -- "$@" -L "$P_label"
        ;;
    *)
        set --
        [ -z "${P_label-}" ] || set -- "$@" -L "$P_label"
        ;;
    esac
    command -v "$dvo_filesystem_tool" >/dev/null ||
        dvo_fail ENOENT "this machine has no $dvo_filesystem_tool"
    "$dvo_filesystem_tool" "$@" -- "$P_device" >"$DVO_TMP/said" 2>&1 && return 0
    case $(cat "$DVO_TMP/said") in
    *' in use'* | *'is mounted'* | *'contains a mounted'*)
        dvo_fail EBUSY "$(tail -c 2000 "$DVO_TMP/said")"
        ;;
    *'too small'* | *'too long'* | *'ot enough space'*)
        dvo_fail EINVAL "$(tail -c 2000 "$DVO_TMP/said")"
        ;;
    esac
    dvo_fail_said
}

dvo_filesystem_relabel() {
    case $P_fstype in
    ext[234]) dvo_try e2label "$P_device" "$P_label" ;;
    xfs) dvo_try xfs_admin -L "$P_label" -- "$P_device" ;;
    btrfs) dvo_try btrfs filesystem label "$P_device" "$P_label" ;;
    vfat) dvo_try fatlabel "$P_device" "$P_label" ;;
    swap) dvo_try swaplabel -L "$P_label" -- "$P_device" ;;
    *) dvo_fail EEXIST "the filesystem is labelled ${dvo_filesystem_label:-not at all}, and nothing here can relabel $P_fstype" ;;
    esac
}

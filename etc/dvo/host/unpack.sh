# machine.unpack: an archive of the machine is unpacked. It is complete before any of it
# stands in its place, and what `creates` names comes last.
# Parameters: path (a directory), archive, creates, owner.
dvo_unpack() {
    dvo_take 'path archive creates owner' '' "$@"
    dvo_need path archive creates
    dvo_path "$P_creates"
    dvo_path "$P_archive"
    dvo_expect "$P_path" directory
    if [ -e "$P_creates" ] || [ -L "$P_creates" ]; then
        dvo_same
    fi
    [ -e "$P_archive" ] || dvo_missing "there is no archive $P_archive"
    [ -f "$P_archive" ] || dvo_fail EINVAL "$P_archive is not a file"
    dvo_owner_login "${P_owner-root}"
    dvo_differ "$P_creates is missing"
    dvo_settle
    dvo_unpack_tool
    dvo_parents "$P_path"
    # Within one filesystem with its place, so that moving it there is one step.
    dvo_unpack_into=$P_path
    [ "$DVO_KIND" = directory ] || dvo_unpack_into=${P_path%/*}
    dvo_unpack_new=$(mktemp -d -- "$dvo_unpack_into/.dvo.XXXXXX" 2>"$DVO_TMP/said") ||
        dvo_fail_said
    trap 'rm -rf -- "$dvo_unpack_new"' EXIT
    if ! dvo_unpack_run >"$DVO_TMP/said" 2>&1; then
        dvo_errno "$(cat "$DVO_TMP/said")"
        [ "$DVO_ERRNO" != EUNKNOWN ] || DVO_ERRNO=EINVAL
        dvo_fail "$DVO_ERRNO" "$P_archive: $(tail -c 2000 "$DVO_TMP/said")"
    fi
    dvo_try chown -Rh "$DVO_UID:$DVO_GID" -- "$dvo_unpack_new"
    dvo_unpack_below=
    case $P_creates in
    "$P_path"/*) dvo_unpack_below=${P_creates#"$P_path"/} ;;
    esac
    if [ -n "$dvo_unpack_below" ] && [ ! -e "$dvo_unpack_new/$dvo_unpack_below" ] &&
        [ ! -L "$dvo_unpack_new/$dvo_unpack_below" ]; then
        dvo_fail EINVAL "$P_archive does not hold $dvo_unpack_below, which it should create"
    fi
    if [ "$DVO_KIND" = none ]; then
        dvo_try chmod 0755 -- "$dvo_unpack_new"
        dvo_try mv -T -- "$dvo_unpack_new" "$P_path"
    else
        dvo_unpack_merge
    fi
    [ -e "$P_creates" ] || [ -L "$P_creates" ] ||
        dvo_fail EINVAL "$P_archive is unpacked, but $P_creates is still missing"
    dvo_changed
}

# dvo_unpack_tool: DVO_TOOL is tar or unzip; what either needs is there.
dvo_unpack_tool() {
    DVO_TOOL=tar
    case $(head -c 6 -- "$P_archive" | od -An -tx1 | tr -d ' \n') in
    504b0304* | 504b0506*)
        DVO_TOOL=unzip
        dvo_tool unzip unzip
        ;;
    1f8b*) dvo_tool gzip gzip ;;
    425a68*) dvo_tool bzip2 bzip2 ;;
    fd377a585a00) dvo_tool xz xz-utils ;;
    28b52ffd*) dvo_tool zstd zstd ;;
    esac
    dvo_tool tar tar
}

dvo_unpack_run() {
    if [ "$DVO_TOOL" = tar ]; then
        tar -x --no-same-owner -f "$P_archive" -C "$dvo_unpack_new"
    else
        # Status 1 is a warning about an archive that was unpacked all the same.
        unzip -q -o "$P_archive" -d "$dvo_unpack_new" || [ "$?" = 1 ]
    fi
}

# dvo_unpack_merge: into a directory that is there, which stays as it is; as tar does it,
# files are replaced one by one and directories are joined.
dvo_unpack_merge() {
    rm -f "$DVO_TMP/failed"
    {
        tar -c -f - -C "$dvo_unpack_new" --anchored --no-wildcards \
            --exclude="./${dvo_unpack_below:-/}" . 2>"$DVO_TMP/said.out" || : >"$DVO_TMP/failed"
    } | tar -x -p --same-owner --no-overwrite-dir -f - -C "$P_path" \
        >"$DVO_TMP/said" 2>&1 || : >"$DVO_TMP/failed"
    if [ -e "$DVO_TMP/failed" ]; then
        cat "$DVO_TMP/said.out" >>"$DVO_TMP/said"
        dvo_fail_said
    fi
    [ -z "$dvo_unpack_below" ] ||
        dvo_try mv -T -- "$dvo_unpack_new/$dvo_unpack_below" "$P_creates"
}

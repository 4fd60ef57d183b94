# machine.install: packages in any or in that very version, in one transaction.
# Parameters: packages (list of NAME or NAME=VERSION), deb (list of package files on the
# machine; one that is named in packages too is where that package comes from, and is not
# needed once that version is installed), upgrade (to the newest version the machine's
# repositories have), members (dvo_members).
dvo_install() {
    dvo_take upgrade 'packages deb members' "$@"
    [ "$((N_packages + N_deb))" != 0 ] || dvo_fail EINVAL 'packages is empty'
    # Files first: they turn into words for apt, and name what has not been named.
    dvo_install_files=
    dvo_install_lost=
    dvo_install_index=0
    while [ "$dvo_install_index" -lt "$N_deb" ]; do
        dvo_install_index=$((dvo_install_index + 1))
        eval "dvo_install_deb=\$P_deb_$dvo_install_index"
        if [ ! -f "$dvo_install_deb" ] && [ "$N_packages" != 0 ]; then
            dvo_install_lost=$dvo_install_deb
            continue
        fi
        dvo_deb_read "$dvo_install_deb"
        dvo_install_files="$dvo_install_files $DVO_PACKAGE=$dvo_install_index "
        dvo_install_named || {
            N_packages=$((N_packages + 1))
            eval "P_packages_$N_packages=\$DVO_PACKAGE=\$DVO_VERSION"
        }
    done
    dvo_words packages
    eval "dvo_packages_read $DVO_WORDS"
    N_todo=0
    N_ask=0
    eval "dvo_install_compare $DVO_WORDS"
    dvo_members
    dvo_settle
    [ -z "$dvo_install_lost" ] || dvo_fail ENOENT "there is no package file $dvo_install_lost"
    if [ "$N_ask" != 0 ]; then
        dvo_words ask
        eval "dvo_package_known $DVO_WORDS"
    fi
    dvo_words todo
    eval "dvo_apt install --allow-downgrades -- $DVO_WORDS"
    dvo_install_why=$DVO_WHY
    DVO_WHY=
    dvo_words packages
    eval "dvo_packages_read $DVO_WORDS"
    eval "dvo_install_compare $DVO_WORDS"
    [ -z "$DVO_WHY" ] || dvo_fail EPOSTCOND "after apt succeeded: $DVO_WHY"
    DVO_WHY=$dvo_install_why
    dvo_changed
}

# dvo_install_named: is DVO_PACKAGE already in packages?
dvo_install_named() {
    dvo_words packages
    eval "set -- $DVO_WORDS"
    for dvo_word; do
        [ "${dvo_word%%=*}" != "$DVO_PACKAGE" ] || return 0
    done
    return 1
}

# dvo_install_compare WORD...: what apt has to be told to install becomes the list `todo`,
# names that apt must know the list `ask`.
dvo_install_compare() {
    if dvo_flag upgrade false; then
        dvo_install_newest "$@"
    fi
    for dvo_install_word; do
        dvo_package_word "$dvo_install_word"
        dvo_package_state "$DVO_PACKAGE"
        if [ "$DVO_STATE" = installed ]; then
            dvo_install_wants=$DVO_VERSION
            if [ -z "$dvo_install_wants" ] && dvo_flag upgrade false; then
                dvo_install_wants=$(dvo_install_candidate "$DVO_PACKAGE")
            fi
            [ "${dvo_install_wants:-$DVO_HAS}" != "$DVO_HAS" ] || continue
            dvo_differ "$DVO_PACKAGE is $DVO_HAS, not $dvo_install_wants"
        else
            [ -n "$DVO_VERSION" ] || ! dvo_package_provided "$DVO_PACKAGE" || continue
            dvo_differ "$DVO_PACKAGE is not installed"
        fi
        N_todo=$((N_todo + 1))
        case $dvo_install_files in
        *" $DVO_PACKAGE="*)
            dvo_word=${dvo_install_files##*" $DVO_PACKAGE="}
            eval "P_todo_$N_todo=\$P_deb_${dvo_word%% *}"
            ;;
        *)
            eval "P_todo_$N_todo=\$dvo_install_word"
            N_ask=$((N_ask + 1))
            eval "P_ask_$N_ask=\$DVO_PACKAGE"
            ;;
        esac
    done
}

# dvo_install_newest WORD..., dvo_install_candidate NAME: what the repositories have.
dvo_install_newest() {
    dvo_index=$#
    while [ "$dvo_index" -gt 0 ]; do
        dvo_word=$1
        shift
        set -- "$@" "${dvo_word%%=*}"
        dvo_index=$((dvo_index - 1))
    done
    apt-cache policy -- "$@" >"$DVO_TMP/newest" 2>/dev/null
}

dvo_install_candidate() {
    awk -v name="$1:" '
        /^[^ ]/ { here = $1 == name }
        here && $1 == "Candidate:" { print $2; exit }' "$DVO_TMP/newest"
}

# machine.deploy: that very version of a package, and its service enabled and running with
# the environment given; restarted when the package or the environment changed.
# Parameters: package, version, deb (the package file on the machine; without it apt finds
# the package), service (needed if the package has several), env (NAME=VALUE), restart.
# Values: version, service.
dvo_deploy() {
    dvo_take 'package version deb service restart' env "$@"
    dvo_need package version
    dvo_package_word "$P_package=$P_version"
    dvo_packages_read "$P_package"
    dvo_package_state "$P_package"
    dvo_deploy_was=$DVO_STATE
    if [ "$DVO_STATE" != installed ]; then
        dvo_differ "$P_package is not installed"
    elif [ "$DVO_HAS" != "$P_version" ]; then
        dvo_differ "$P_package is $DVO_HAS"
    fi
    dvo_deploy_install=$DVO_WHY
    dvo_deploy_service
    dvo_unit_name "$P_service"
    dvo_value version "$P_version"
    dvo_value service "$DVO_UNIT"
    dvo_deploy_env
    # A service that still has to be restarted is remembered across a kill.
    dvo_deploy_pending=/var/lib/dvo/restart/$DVO_UNIT
    [ ! -e "$dvo_deploy_pending" ] || dvo_differ 'a restart is due'
    dvo_unit_show
    case $U_LoadState:$dvo_deploy_was in
    masked:*) dvo_fail EINVAL "$DVO_UNIT is masked" ;;
    loaded:*) dvo_unit_differs true true ;;
    not-found:installed)
        [ -n "$dvo_deploy_install" ] || dvo_missing "$P_package has no unit $DVO_UNIT"
        ;;
    esac
    dvo_settle
    dvo_deploy_apply
    dvo_changed
}

dvo_deploy_apply() {
    dvo_deploy_id=$U_InvocationID
    dvo_deploy_restart=
    if [ -e "$dvo_deploy_pending" ] ||
        { dvo_flag restart true && [ -n "$dvo_deploy_install$dvo_deploy_config" ]; }; then
        dvo_deploy_restart=1
        dvo_parents "$dvo_deploy_pending"
        : >>"$dvo_deploy_pending"
    fi
    # The environment first: the package may start its service itself.
    if [ -n "$dvo_deploy_config" ]; then
        if [ "$N_env" = 0 ]; then
            dvo_try rm -f -- "$dvo_deploy_dropin" "$dvo_deploy_file"
        else
            dvo_ours_write "$dvo_deploy_file" "$dvo_deploy_text" 0600
            dvo_ours_write "$dvo_deploy_dropin" "$dvo_deploy_section" 0644
        fi
        dvo_try systemctl daemon-reload
    fi
    if [ -n "$dvo_deploy_install" ]; then
        if [ -n "${P_deb-}" ]; then
            set -- "$P_deb"
        else
            dvo_package_known "$P_package"
            set -- "$P_package=$P_version"
        fi
        dvo_apt install --allow-downgrades -- "$@"
        dvo_packages_read "$P_package"
        dvo_package_state "$P_package"
        [ "$DVO_STATE $DVO_HAS" = "installed $P_version" ] ||
            dvo_fail EPOSTCOND "after apt succeeded $P_package is $DVO_STATE $DVO_HAS"
    fi
    dvo_unit_usable
    dvo_deploy_running=$U_InvocationID
    dvo_unit_set true true
    # Not again if the package or this call has started it with all of this in place.
    if [ -n "$dvo_deploy_restart" ] && [ -z "$DVO_STARTED" ]; then
        if [ "$dvo_deploy_running" = "$dvo_deploy_id" ] || [ "$U_NeedDaemonReload" = yes ]; then
            dvo_unit_do restart "$DVO_UNIT"
        fi
    fi
    dvo_unit_proven
    dvo_try rm -f -- "$dvo_deploy_pending"
}

# dvo_deploy_service: P_service, from what the package ships if it is not written.
dvo_deploy_service() {
    [ -z "${P_service-}" ] || return 0
    if [ -z "$dvo_deploy_install" ]; then
        dpkg-query -L "$P_package" >"$DVO_TMP/list" 2>/dev/null
        while IFS= read -r dvo_word; do
            [ -L "$dvo_word" ] || printf '%s\n' "$dvo_word"
        done <"$DVO_TMP/list" >"$DVO_TMP/files"
    else
        if [ -z "${P_deb-}" ]; then
            dvo_deploy_download
        elif dvo_checking && [ ! -f "$P_deb" ]; then
            dvo_changed
        fi
        dvo_deb_read "$P_deb"
        [ "$DVO_PACKAGE=$DVO_VERSION" = "$P_package=$P_version" ] ||
            dvo_fail EINVAL "$P_deb is $DVO_PACKAGE $DVO_VERSION"
        dpkg-deb -c -- "$P_deb" 2>"$DVO_TMP/said" | sed -n 's|^-.* \./|/|p' >"$DVO_TMP/files"
    fi
    sed -n 's|^\(/usr\)*/lib/systemd/system/\([^/@]*\.service\)$|\2|p' "$DVO_TMP/files" |
        sort -u >"$DVO_TMP/services"
    case $(wc -l <"$DVO_TMP/services") in
    1) read -r P_service <"$DVO_TMP/services" ;;
    0) dvo_fail EINVAL "$P_package has no service" ;;
    *)
        dvo_fail EINVAL \
            "$P_package has several services, say which: $(tr '\n' ' ' <"$DVO_TMP/services")"
        ;;
    esac
}

# dvo_deploy_download: P_deb from the repositories, to see what it ships.
dvo_deploy_download() {
    if dvo_checking; then
        dvo_changed
    fi
    dvo_package_known "$P_package"
    cd "$DVO_TMP" || exit
    dvo_apt download -- "$P_package=$P_version"
    cd / || exit
    for P_deb in "$DVO_TMP"/*.deb; do :; done
}

# dvo_deploy_env: what the environment file and the drop-in that names it must be;
# dvo_deploy_config says that they differ.
dvo_deploy_env() {
    dvo_deploy_file=/etc/dvo/env/${DVO_UNIT%.service}
    dvo_deploy_dropin=/etc/systemd/system/$DVO_UNIT.d/dvo-env.conf
    dvo_deploy_before=$DVO_WHY
    if [ "$N_env" = 0 ]; then
        for dvo_word in "$dvo_deploy_file" "$dvo_deploy_dropin"; do
            dvo_expect "$dvo_word" file
            [ "$DVO_KIND" = none ] || dvo_differ "${dvo_word##*/} exists"
        done
    else
        dvo_words env
        eval "dvo_deploy_lines $DVO_WORDS"
        # In a unit file % starts a specifier.
        dvo_word=$(printf '%s' "$dvo_deploy_file" | sed 's/%/%%/g')
        dvo_deploy_section="[Service]${DVO_NL}EnvironmentFile=$dvo_word$DVO_NL"
        dvo_ours "$dvo_deploy_file" "$dvo_deploy_text" 0600
        dvo_ours "$dvo_deploy_dropin" "$dvo_deploy_section" 0644
    fi
    dvo_deploy_config=
    [ "$DVO_WHY" = "$dvo_deploy_before" ] || dvo_deploy_config=1
}

# dvo_deploy_lines NAME=VALUE...: as systemd reads them back, byte for byte; it refuses a
# file that is not UTF-8.
dvo_deploy_lines() {
    dvo_deploy_text=
    for dvo_deploy_pair; do
        dvo_variable "${dvo_deploy_pair%%=*}"
        printf '%s' "${dvo_deploy_pair#*=}" | iconv -f UTF-8 -t UTF-8 >/dev/null 2>&1 ||
            dvo_fail EINVAL "the value of ${dvo_deploy_pair%%=*} is not UTF-8"
        dvo_word=$(printf '%s' "${dvo_deploy_pair#*=}" | sed 's/[\\"`$]/\\&/g' && echo .)
        dvo_deploy_text="$dvo_deploy_text${dvo_deploy_pair%%=*}=\"${dvo_word%.}\"$DVO_NL"
    done
}

# Step library: systemd units.

# dvo_unit_name TEXT: DVO_UNIT with its suffix.
dvo_unit_name() {
    case $1 in
    '' | -* | .* | *[!A-Za-z0-9:_.@\\-]*) dvo_fail EINVAL "not the name of a unit: $1" ;;
    *.service | *.socket | *.timer | *.path | *.mount | *.automount | *.swap | *.target | \
        *.slice | *.scope | *.device) DVO_UNIT=$1 ;;
    *) DVO_UNIT=$1.service ;;
    esac
    [ -d /run/systemd/system ] || dvo_fail ENOSYS 'systemd does not run on this machine'
}

# dvo_unit_show: reads the properties of DVO_UNIT into U_*.
dvo_unit_show() {
    U_LoadState='' U_ActiveState='' U_UnitFileState='' U_NeedDaemonReload=''
    U_ConsistsOf='' U_CanReload='' U_InvocationID=''
    systemctl show -p LoadState -p ActiveState -p UnitFileState -p NeedDaemonReload \
        -p ConsistsOf -p CanReload -p InvocationID -- "$DVO_UNIT" \
        >"$DVO_TMP/unit" 2>"$DVO_TMP/said" || dvo_fail_said
    while IFS='=' read -r dvo_key dvo_word; do
        case $dvo_key in
        LoadState | ActiveState | UnitFileState | NeedDaemonReload | ConsistsOf | CanReload | \
            InvocationID) eval "U_$dvo_key=\$dvo_word" ;;
        esac
    done <"$DVO_TMP/unit"
}

# dvo_unit_usable: DVO_UNIT is there and not masked; U_* as dvo_unit_show.
dvo_unit_usable() {
    dvo_unit_show
    if [ "$U_LoadState" = not-found ] && ! dvo_checking; then
        # Generated units appear when the manager reads everything again.
        dvo_try systemctl daemon-reload
        dvo_unit_show
    fi
    case $U_LoadState in
    loaded) ;;
    not-found) dvo_missing "there is no unit $DVO_UNIT" ;;
    masked) dvo_fail EINVAL "$DVO_UNIT is masked" ;;
    *) dvo_fail EINVAL "$DVO_UNIT cannot be loaded: $U_LoadState" ;;
    esac
}

# dvo_unit_runs: active, and nothing that is part of it failed.
dvo_unit_runs() {
    case $U_ActiveState in
    active | reloading) ;;
    *) return 1 ;;
    esac
    dvo_unit_failed
    [ -z "$DVO_FAILED" ]
}

# dvo_unit_failed: DVO_FAILED are the failed units among those that are PartOf= this one.
dvo_unit_failed() {
    DVO_FAILED=
    for dvo_word in $U_ConsistsOf; do
        if systemctl -q is-failed -- "$dvo_word"; then
            DVO_FAILED="$DVO_FAILED $dvo_word"
        fi
    done
}

# dvo_unit_differs RUNNING ENABLED: compares. ENABLED is true, false, or free: not enabled
# where that can be chosen.
dvo_unit_differs() {
    [ "$U_NeedDaemonReload" != yes ] || dvo_differ 'the manager has an older text of the unit'
    case $U_UnitFileState:$2 in
    enabled:true | disabled:false | disabled:free | linked*:false | linked*:free) ;;
    enabled*:*) dvo_differ 'unit is enabled' ;;
    disabled:true | linked*:true) dvo_differ 'unit is not enabled' ;;
    *:true | *:free) ;;
    *) dvo_fail EINVAL "$DVO_UNIT is ${U_UnitFileState:-transient}: it cannot be disabled" ;;
    esac
    if [ "$1" = true ]; then
        dvo_unit_runs || dvo_differ "unit is $U_ActiveState${DVO_FAILED:+, failed:$DVO_FAILED}"
    else
        case $U_ActiveState in
        inactive | failed) ;;
        *) dvo_differ "unit is $U_ActiveState" ;;
        esac
    fi
}

# dvo_unit_set RUNNING ENABLED: makes it so; DVO_STARTED says that this started it.
dvo_unit_set() {
    DVO_STARTED=
    [ "$U_NeedDaemonReload" != yes ] || dvo_try systemctl daemon-reload
    case $U_UnitFileState:$2 in
    enabled:true | disabled:false | disabled:free | linked*:false | linked*:free) ;;
    disabled:true | linked*:true | enabled-runtime:true)
        dvo_try systemctl --quiet enable -- "$DVO_UNIT"
        ;;
    enabled*:*) dvo_try systemctl --quiet disable -- "$DVO_UNIT" ;;
    esac
    if [ "$1" = true ]; then
        case $U_ActiveState in
        active | reloading) ;;
        *)
            dvo_unit_do start "$DVO_UNIT"
            DVO_STARTED=1
            ;;
        esac
        dvo_unit_failed
        for dvo_word in $DVO_FAILED; do
            dvo_unit_do start "$dvo_word"
        done
    else
        case $U_ActiveState in
        inactive | failed) ;;
        *) dvo_unit_do stop "$DVO_UNIT" ;;
        esac
    fi
}

# dvo_unit_do VERB UNIT: with the unit's last words when it fails.
dvo_unit_do() {
    systemctl "$1" -- "$2" >"$DVO_TMP/said" 2>&1 || dvo_unit_broken "$2"
}

dvo_unit_broken() {
    journalctl -q --no-pager -o cat -n 8 -u "$1" >>"$DVO_TMP/said" 2>&1
    dvo_fail EPOSTCOND "$(tail -c 2000 "$DVO_TMP/said")"
}

# dvo_unit_proven: it runs now.
dvo_unit_proven() {
    dvo_unit_show
    dvo_unit_runs && return 0
    echo "$DVO_UNIT is $U_ActiveState${DVO_FAILED:+, failed:$DVO_FAILED}" >"$DVO_TMP/said"
    dvo_unit_broken "$DVO_UNIT"
}

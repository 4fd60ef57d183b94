# machine.service: a unit runs or not, is enabled or not, and is restarted or reloaded on
# demand, but not if this call has just started it.
# Parameters: unit, running, enabled, restart, reload (whether a trigger has fired; a probe
# leaves these two out).
dvo_service() {
    dvo_take 'unit running enabled restart reload' '' "$@"
    dvo_need unit
    dvo_unit_name "$P_unit"
    if dvo_flag running true; then
        P_running=true
        P_enabled=${P_enabled-true}
    else
        P_enabled=${P_enabled-free}
    fi
    case $P_enabled in
    true | false | free) ;;
    *) dvo_fail EINVAL 'enabled is neither true nor false' ;;
    esac
    dvo_unit_usable
    dvo_unit_differs "$P_running" "$P_enabled"
    dvo_service_do=
    case $P_running:$U_ActiveState in
    true:active | true:reloading)
        if dvo_flag restart false; then
            dvo_service_do=restart
        elif dvo_flag reload false; then
            [ "$U_CanReload" = yes ] || dvo_fail EINVAL "$DVO_UNIT cannot reload"
            dvo_service_do=reload
        fi
        ;;
    esac
    [ -z "$dvo_service_do" ] || dvo_differ "$dvo_service_do on change"
    dvo_settle
    dvo_unit_set "$P_running" "$P_enabled"
    [ -z "$dvo_service_do" ] || dvo_unit_do "$dvo_service_do" "$DVO_UNIT"
    [ "$P_running" = false ] || dvo_unit_proven
    dvo_changed
}

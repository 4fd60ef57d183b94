# machine.unit: a systemd unit file; the manager knows its text.
# Parameters: unit, content, present.
dvo_unit() {
    dvo_take 'unit content present' '' "$@"
    dvo_need unit
    dvo_unit_name "$P_unit"
    dvo_unit_path=/etc/systemd/system/$DVO_UNIT
    if ! dvo_flag present true; then
        dvo_expect "$dvo_unit_path" file
        [ "$DVO_KIND" = none ] || dvo_differ 'unit file exists'
        dvo_settle
        dvo_try rm -f -- "$dvo_unit_path"
        dvo_try systemctl daemon-reload
        dvo_changed
    fi
    [ -n "${P_content+1}" ] || dvo_fail EINVAL 'content is missing'
    dvo_ours "$dvo_unit_path" "$P_content" 0644
    dvo_unit_write=$DVO_WHY
    # A template is never loaded by its own name.
    case $DVO_UNIT in
    *@.*) U_NeedDaemonReload=no ;;
    *) dvo_unit_show ;;
    esac
    if [ -z "$DVO_WHY" ] && [ "$U_NeedDaemonReload" = yes ]; then
        dvo_differ 'the manager has an older text of the unit'
    fi
    dvo_settle
    [ -z "$dvo_unit_write" ] || dvo_ours_write "$dvo_unit_path" "$P_content" 0644
    dvo_try systemctl daemon-reload
    dvo_changed
}

# machine.timezone: /etc/localtime leads to the zone, /etc/timezone names it.
# Parameters: zone.
dvo_timezone() {
    dvo_take zone '' "$@"
    case ${P_zone-} in
    '' | [!A-Za-z]* | *[!A-Za-z0-9_+/-]* | *//* | */)
        dvo_fail EINVAL "not the name of a time zone: ${P_zone-}"
        ;;
    esac
    dvo_timezone_file=/usr/share/zoneinfo/$P_zone
    if [ ! -f "$dvo_timezone_file" ] || [ "$(head -c 4 -- "$dvo_timezone_file")" != TZif ]; then
        dvo_missing "this machine knows no time zone $P_zone"
    fi
    dvo_ours /etc/timezone "$P_zone$DVO_NL" 0644
    dvo_timezone_write=$DVO_WHY
    dvo_kind /etc/localtime
    dvo_timezone_was=
    case $DVO_KIND in
    link) dvo_timezone_was=$(readlink -- /etc/localtime) ;;
    directory | special) dvo_fail EINVAL "/etc/localtime is a $DVO_KIND, not a link" ;;
    esac
    case $dvo_timezone_was in
    "$dvo_timezone_file" | "..$dvo_timezone_file") dvo_timezone_was=$P_zone ;;
    *) dvo_differ "/etc/localtime is ${dvo_timezone_was:-a $DVO_KIND}" ;;
    esac
    dvo_settle
    if [ "$dvo_timezone_was" != "$P_zone" ]; then
        dvo_owner '' '' ''
        dvo_temp /etc/localtime
        trap 'rm -f -- "$DVO_NEW" "$DVO_NEW.link"' EXIT
        dvo_try ln -sT -- "$dvo_timezone_file" "$DVO_NEW.link"
        dvo_try mv -fT -- "$DVO_NEW.link" /etc/localtime
        rm -f -- "$DVO_NEW"
    fi
    [ -z "$dvo_timezone_write" ] || dvo_ours_write /etc/timezone "$P_zone$DVO_NL" 0644
    dvo_changed
}

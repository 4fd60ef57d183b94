# machine.hostname: /etc/hostname and the kernel's name; /etc/hosts is left alone.
# Parameters: hostname.
dvo_hostname() {
    dvo_take hostname '' "$@"
    dvo_hostname_label='[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
    P_hostname=${P_hostname-}
    case ${#P_hostname}:$P_hostname in
    *"$DVO_NL"* | 6[5-9]:* | [789]?:* | ???*:*)
        dvo_fail EINVAL "not a host name: $P_hostname"
        ;;
    esac
    printf '%s\n' "$P_hostname" |
        grep -qxE "$dvo_hostname_label(\\.$dvo_hostname_label)*" ||
        dvo_fail EINVAL "not a host name: $P_hostname"
    dvo_ours /etc/hostname "$P_hostname$DVO_NL" 0644
    dvo_hostname_write=$DVO_WHY
    read -r dvo_hostname_was </proc/sys/kernel/hostname
    [ "$dvo_hostname_was" = "$P_hostname" ] || dvo_differ "the kernel says $dvo_hostname_was"
    dvo_settle
    [ "$dvo_hostname_was" = "$P_hostname" ] || dvo_try hostname "$P_hostname"
    [ -z "$dvo_hostname_write" ] || dvo_ours_write /etc/hostname "$P_hostname$DVO_NL" 0644
    read -r dvo_hostname_was </proc/sys/kernel/hostname
    [ "$dvo_hostname_was" = "$P_hostname" ] ||
        dvo_fail EPOSTCOND "the kernel still says $dvo_hostname_was"
    dvo_changed
}

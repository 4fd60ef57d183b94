# machine.cron: /etc/cron.d/JOB with the variables, then "SCHEDULE LOGIN COMMAND".
# Parameters: job, schedule, login, present, env (NAME=VALUE), and either command (the text
# of a crontab line, with its own rules for %) or argv (a list, quoted for it here).
dvo_cron() {
    dvo_take 'job schedule command login present' 'argv env' "$@"
    case ${P_job-} in
    '' | *[!A-Za-z0-9_-]*) dvo_fail EINVAL "not the name of a job: ${P_job-}" ;;
    esac
    dvo_cron_path=/etc/cron.d/$P_job
    if ! dvo_flag present true; then
        dvo_expect "$dvo_cron_path" file
        [ "$DVO_KIND" = none ] || dvo_differ 'job exists'
        dvo_settle
        dvo_try rm -f -- "$dvo_cron_path"
        dvo_changed
    fi
    command -v cron >/dev/null || command -v crond >/dev/null ||
        dvo_missing 'there is no cron daemon'
    P_login=${P_login-root}
    dvo_login "$P_login"
    dvo_cron_field='[0-9A-Za-z*/,-]+'
    printf '%s\n' "${P_schedule-}" | grep -qxE \
        -e '@(reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)' \
        -e "(${dvo_cron_field}[[:blank:]]+){4}$dvo_cron_field" ||
        dvo_fail EINVAL "not a schedule: ${P_schedule-}"
    dvo_cron_text=
    dvo_words env
    eval "set -- $DVO_WORDS"
    for dvo_word; do
        dvo_variable "${dvo_word%%=*}"
        case ${dvo_word#*=} in
        *\"*\'* | *\'*\"*) dvo_fail EINVAL 'a crontab cannot hold a value with both quotes' ;;
        *\"*) dvo_cron_text="$dvo_cron_text${dvo_word%%=*}='${dvo_word#*=}'$DVO_NL" ;;
        *) dvo_cron_text="$dvo_cron_text${dvo_word%%=*}=\"${dvo_word#*=}\"$DVO_NL" ;;
        esac
        case $dvo_word in
        *"$DVO_NL"*) dvo_fail EINVAL 'a crontab cannot hold a value of several lines' ;;
        esac
    done
    case ${P_command+command}$N_argv in
    command0) dvo_cron_line=$P_command ;;
    command* | 0) dvo_fail EINVAL 'exactly one of command and argv is needed' ;;
    *)
        dvo_words argv
        eval "dvo_cron_quote $DVO_WORDS"
        ;;
    esac
    case $dvo_cron_line in
    *"$DVO_NL"* | '') dvo_fail EINVAL 'a command of cron is one line' ;;
    esac
    dvo_cron_text="$dvo_cron_text$P_schedule $P_login $dvo_cron_line$DVO_NL"
    dvo_ours "$dvo_cron_path" "$dvo_cron_text" 0644
    dvo_settle
    dvo_ours_write "$dvo_cron_path" "$dvo_cron_text" 0644
    dvo_changed
}

# dvo_cron_quote WORD...: dvo_cron_line for the shell, and then for cron, to which a bare %
# is a newline, and a backslash takes the meaning from % and backslash.
dvo_cron_quote() {
    dvo_cron_line=
    for dvo_word; do
        case $dvo_word in
        '' | *[!A-Za-z0-9_./:,+=@-]*)
            dvo_cron_done=
            while :; do
                case $dvo_word in
                *[\'%\\]*) ;;
                *) break ;;
                esac
                dvo_cron_part=${dvo_word%%[\'%\\]*}
                dvo_word=${dvo_word#"$dvo_cron_part"}
                case $dvo_word in
                \'*) dvo_cron_done="$dvo_cron_done$dvo_cron_part'\\''" ;;
                %*) dvo_cron_done="$dvo_cron_done$dvo_cron_part\\%" ;;
                *) dvo_cron_done="$dvo_cron_done$dvo_cron_part\\\\" ;;
                esac
                dvo_word=${dvo_word#?}
            done
            dvo_word="'$dvo_cron_done$dvo_word'"
            ;;
        esac
        dvo_cron_line=$dvo_cron_line${dvo_cron_line:+ }$dvo_word
    done
}

# machine.upgrade: no installed package has a newer version in the repositories, but those
# that are held or need another one removed. With security only what comes from a suite of
# security updates counts.
# Parameters: security, within (seconds; a transaction that has begun is carried to its end).
dvo_upgrade() {
    dvo_take 'security within' '' "$@"
    P_within=${P_within-1800}
    dvo_number within "$P_within"
    if ! dvo_checking; then
        dvo_uptime
        DVO_APT_END=$((DVO_UPTIME + P_within))
        dvo_apt update -o APT::Update::Error-Mode=any
    fi
    dvo_upgrade_look
    dvo_settle
    dvo_words todo
    if dvo_flag security false; then
        eval "set -- install --only-upgrade -- $DVO_WORDS"
    else
        set -- upgrade --with-new-pkgs
    fi
    # Only what can be ended without harm is: the download.
    dvo_apt --download-only "$@"
    DVO_APT_END=
    dvo_apt "$@"
    dvo_upgrade_why=$DVO_WHY
    DVO_WHY=
    dvo_upgrade_look
    [ -z "$DVO_WHY" ] || dvo_fail EPOSTCOND "after apt succeeded: $DVO_WHY"
    DVO_WHY=$dvo_upgrade_why
    dvo_changed
}

# dvo_upgrade_look: what apt would upgrade becomes the list `todo` of NAME:ARCH=VERSION. Its
# lines are: Inst NAME [OLD] (NEW ORIGIN:VERSION/SUITE, ... [ARCH]).
dvo_upgrade_look() {
    N_todo=0
    apt-get -s upgrade --with-new-pkgs >"$DVO_TMP/said" 2>&1 || dvo_apt_failed
    dvo_upgrade_from=
    ! dvo_flag security false || dvo_upgrade_from='-security'
    sed -n 's/^Inst \([^ ]*\) \[\([^]]*\)\] (\([^ ]*\) \(.*\) \[\([^]]*\)\]).*/\1 \2 \3 \5 \4/p' \
        "$DVO_TMP/said" >"$DVO_TMP/todo"
    while read -r dvo_upgrade_name dvo_upgrade_old dvo_upgrade_new dvo_upgrade_arch dvo_word; do
        case $dvo_word in
        *"$dvo_upgrade_from"*) ;;
        *) continue ;;
        esac
        N_todo=$((N_todo + 1))
        eval "P_todo_$N_todo=\${dvo_upgrade_name%:*}:\$dvo_upgrade_arch=\$dvo_upgrade_new"
        dvo_differ "${dvo_upgrade_name%:*} $dvo_upgrade_old becomes $dvo_upgrade_new"
    done <"$DVO_TMP/todo"
}

# machine.hold: installed packages keep their version, or are free again.
# Parameters: packages (list of names), present, members (dvo_members).
dvo_hold() {
    dvo_take present 'packages members' "$@"
    [ "$N_packages" != 0 ] || dvo_fail EINVAL 'packages is empty'
    dvo_hold_verb=hold
    dvo_flag present true || dvo_hold_verb=unhold
    N_todo=0
    dvo_words packages
    eval "dvo_hold_compare $DVO_WORDS"
    dvo_members
    dvo_settle
    dvo_words todo
    eval "dvo_apt_patiently apt-mark $dvo_hold_verb -- $DVO_WORDS"
    dvo_changed
}

# dvo_hold_compare NAME...: what apt has to be told becomes the list `todo`.
dvo_hold_compare() {
    for dvo_hold_word; do
        dvo_package_word "$dvo_hold_word"
        [ -z "$DVO_VERSION" ] || dvo_fail EINVAL "a version makes no sense here: $dvo_hold_word"
        # shellcheck disable=SC2016 # fields of dpkg
        dvo_hold_state=$(dpkg-query -W -f '${db:Status-Want} ${db:Status-Status}' \
            -- "$DVO_PACKAGE" 2>/dev/null)
        case $dvo_hold_verb:$dvo_hold_state in
        hold:'hold installed') continue ;;
        hold:*' installed') dvo_differ "$DVO_PACKAGE is not held" ;;
        hold:*) dvo_missing "the package $DVO_PACKAGE is not installed" ;;
        unhold:'hold '*) dvo_differ "$DVO_PACKAGE is held" ;;
        *) continue ;;
        esac
        N_todo=$((N_todo + 1))
        eval "P_todo_$N_todo=\$DVO_PACKAGE"
    done
}

# machine.sysctl: /etc/sysctl.d/99-dvo-KEY.conf and the live value. Absence takes the file
# away; the live value stays, because nobody knows what it was before.
# Parameters: key (with dots; with slashes where a part has a dot in it), value, present.
dvo_sysctl() {
    dvo_take 'key value present' '' "$@"
    case ${P_key-} in
    '' | [!A-Za-z0-9]* | *[!A-Za-z0-9_./:-]* | *[./] | *[./][./]*)
        dvo_fail EINVAL "not a kernel parameter: ${P_key-}"
        ;;
    esac
    # As in sysctl.d(5): where a dot comes first, dots separate and slashes stand for dots.
    case ${P_key%%/*} in
    *.*) dvo_sysctl_dots=$P_key ;;
    *) dvo_sysctl_dots=$(printf '%s' "$P_key" | tr ./ /.) ;;
    esac
    dvo_sysctl_live=/proc/sys/$(printf '%s' "$dvo_sysctl_dots" | tr ./ /.)
    dvo_sysctl_path=/etc/sysctl.d/99-dvo-$(printf '%s' "$dvo_sysctl_dots" | tr / :).conf
    if ! dvo_flag present true; then
        dvo_expect "$dvo_sysctl_path" file
        [ "$DVO_KIND" = none ] || dvo_differ 'its file exists'
        dvo_settle
        dvo_try rm -f -- "$dvo_sysctl_path"
        dvo_changed
    fi
    dvo_need value
    case $P_value in
    *"$DVO_NL"*) dvo_fail EINVAL 'a value of the kernel is one line' ;;
    esac
    [ -f "$dvo_sysctl_live" ] ||
        dvo_missing "this kernel has no parameter $dvo_sysctl_dots (a module may bring it)"
    dvo_ours "$dvo_sysctl_path" "$dvo_sysctl_dots = $P_value$DVO_NL" 0644
    dvo_sysctl_write=$DVO_WHY
    dvo_sysctl_words "$P_value"
    dvo_sysctl_want=$DVO_WORDS
    dvo_sysctl_read
    [ "$DVO_WORDS" = "$dvo_sysctl_want" ] || dvo_differ "value is $DVO_WORDS"
    dvo_settle
    # The live value first: what the kernel refuses must not wait for the next boot.
    if [ "$DVO_WORDS" != "$dvo_sysctl_want" ]; then
        # cat says why the kernel refuses, which printf of a shell does not.
        (printf '%s\n' "$P_value" | cat >"$dvo_sysctl_live") 2>"$DVO_TMP/said" ||
            dvo_fail_said
        dvo_sysctl_read
        [ "$DVO_WORDS" = "$dvo_sysctl_want" ] ||
            dvo_fail EPOSTCOND "the kernel took it, but the value is $DVO_WORDS"
    fi
    [ -z "$dvo_sysctl_write" ] ||
        dvo_ours_write "$dvo_sysctl_path" "$dvo_sysctl_dots = $P_value$DVO_NL" 0644
    dvo_changed
}

dvo_sysctl_read() {
    cat -- "$dvo_sysctl_live" >"$DVO_TMP/value" 2>"$DVO_TMP/said" || dvo_fail_said
    dvo_sysctl_words "$(cat "$DVO_TMP/value")"
}

# dvo_sysctl_words TEXT: DVO_WORDS has single blanks where the kernel shows tabs.
dvo_sysctl_words() {
    DVO_WORDS=$(printf '%s' "$1" | tr -s '[:blank:]' ' ' | sed 's/^ //; s/ $//')
}

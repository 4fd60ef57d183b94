# machine.run: a command that changes the machine, unless a guard says that it need not.
# Parameters: argv (list), creates, unless (list), only_if (list), on (list of booleans),
# stopped (list of units), cwd, env (NAME=VALUE), login, stdin, success (list).
# Values: stdout, stderr, status. In check mode only the guards are asked: "same" if the
# command would not run, else "unknown".
dvo_run() {
    dvo_take 'creates cwd login stdin' 'argv unless only_if on stopped env success' "$@"
    if [ -n "${P_creates-}" ]; then
        dvo_path "$P_creates"
        dvo_kind "$P_creates"
        [ "$DVO_KIND" = none ] || dvo_same "$P_creates exists"
    fi
    dvo_words on
    eval "set -- $DVO_WORDS"
    case " $* " in
    '  ' | *' true '*) ;;
    *) dvo_same 'nothing it acts on has changed' ;;
    esac
    dvo_command_check
    [ "$N_unless" = 0 ] || ! dvo_guard unless || dvo_same 'unless succeeded'
    [ "$N_only_if" = 0 ] || dvo_guard only_if || dvo_same 'only_if failed'
    if dvo_checking; then
        dvo_result unknown - 'the command would run'
    fi
    dvo_run_stopped=
    dvo_words stopped
    eval "set -- $DVO_WORDS"
    for dvo_word; do
        dvo_unit_name "$dvo_word"
        systemctl -q is-active -- "$DVO_UNIT" || continue
        dvo_run_stopped="$dvo_run_stopped $DVO_UNIT"
    done
    if [ -n "$dvo_run_stopped" ]; then
        trap dvo_run_start EXIT
        trap 'exit 1' HUP INT TERM
        # shellcheck disable=SC2086 # checked names
        dvo_try systemctl stop -- $dvo_run_stopped
    fi
    dvo_capture
    if [ -n "$dvo_run_stopped" ]; then
        trap - EXIT
        cp "$DVO_TMP/said" "$DVO_TMP/words"
        dvo_run_start || dvo_fail_said
        mv "$DVO_TMP/words" "$DVO_TMP/said"
    fi
    dvo_judge
    DVO_WHY=ran${DVO_WHY:+, $DVO_WHY}
    dvo_changed
}

dvo_run_start() {
    # shellcheck disable=SC2086 # checked names
    systemctl start -- $dvo_run_stopped >"$DVO_TMP/said" 2>&1
}

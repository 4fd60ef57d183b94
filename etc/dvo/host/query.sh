# machine.query: a command that only looks; it runs in check mode too and changes nothing.
# Parameters: argv (list), cwd, env (NAME=VALUE), login, stdin, success (list).
# Values: stdout, stderr, status.
dvo_query() {
    dvo_take 'cwd login stdin' 'argv env success' "$@"
    dvo_command_check
    dvo_capture
    dvo_judge
    dvo_same "$DVO_WHY"
}

# machine.git: a working copy at one commit, detached. It is changed by git itself, as its
# owner; what somebody else changed there is never overwritten.
# Parameters: path, repo, commit (40 hexadecimal digits), owner.
dvo_git() {
    dvo_take 'path repo commit owner' '' "$@"
    dvo_need path repo commit
    case $P_commit in
    *[!0-9a-f]*) dvo_fail EINVAL "not a commit: $P_commit" ;;
    esac
    [ "${#P_commit}" = 40 ] || dvo_fail EINVAL "not a whole commit: $P_commit"
    dvo_expect "$P_path" directory
    P_login=${P_owner-root}
    P_cwd=/
    N_env=0
    dvo_login "$P_login"
    if [ "$DVO_KIND" = none ]; then
        dvo_differ 'working copy is missing'
    else
        dvo_git_compare
    fi
    dvo_settle
    dvo_tool git git
    if [ "$DVO_KIND" = none ]; then
        dvo_git_clone
    else
        dvo_git_run -C "$P_path" remote set-url origin "$P_repo" || dvo_git_failed
        dvo_git_fetch "$P_path"
        # Refuses by itself where it would overwrite something.
        dvo_git_run -C "$P_path" checkout -q --no-overwrite-ignore --detach "$P_commit" ||
            dvo_git_failed
    fi
    dvo_changed
}

# dvo_git_run WORD...: git as the owner, who is asked nothing.
dvo_git_run() {
    (
        N_env=2
        P_env_1=GIT_TERMINAL_PROMPT=0
        P_env_2='GIT_SSH_COMMAND=ssh -o BatchMode=yes'
        dvo_execute git -c advice.detachedHead=false "$@"
    ) >"$DVO_TMP/said" 2>&1
}

dvo_git_failed() {
    dvo_said=$(tail -c 2000 "$DVO_TMP/said")
    case $dvo_said in
    *'would be overwritten'*) dvo_fail EBUSY "$dvo_said" ;;
    *'not our ref'* | *'reference is not a tree'* | *'Repository not found'* | \
        *'does not appear to be a git repository'* | *'not found'*) dvo_fail ENOENT "$dvo_said" ;;
    *'Authentication failed'* | *'could not read Username'* | *'Permission denied (publickey'*) \
        dvo_fail EAUTH "$dvo_said" ;;
    esac
    dvo_fail_said
}

# dvo_git_compare: the working copy is at that commit, and nothing in it was changed.
dvo_git_compare() {
    if [ -z "$(find "$P_path" -mindepth 1 -print -quit)" ]; then
        DVO_KIND=none
        dvo_differ 'working copy is missing'
        return
    fi
    [ -e "$P_path/.git" ] || dvo_fail EINVAL "$P_path is not empty and no working copy"
    dvo_git_was=$(stat -c %u -- "$P_path")
    [ "$dvo_git_was" = "$DVO_LOGIN_UID" ] ||
        dvo_fail EINVAL "$P_path belongs to uid $dvo_git_was, not to $P_login"
    command -v git >/dev/null || dvo_missing 'this machine has no git to look with'
    dvo_git_run -C "$P_path" remote get-url origin ||
        dvo_fail EINVAL "$P_path has no remote origin"
    [ "$(cat "$DVO_TMP/said")" = "$P_repo" ] ||
        dvo_differ "it comes from $(cat "$DVO_TMP/said")"
    dvo_git_run -C "$P_path" rev-parse --verify -q HEAD || : >"$DVO_TMP/said"
    dvo_git_head=$(cat "$DVO_TMP/said")
    dvo_git_branch=
    if dvo_git_run -C "$P_path" symbolic-ref -q --short HEAD; then
        dvo_git_branch=$(cat "$DVO_TMP/said")
    fi
    # Looking must write nothing: not even the index is refreshed.
    dvo_git_run --no-optional-locks -C "$P_path" status --porcelain --untracked-files=no ||
        dvo_git_failed
    [ ! -s "$DVO_TMP/said" ] ||
        dvo_fail EBUSY "$P_path has local changes: $(head -n 5 "$DVO_TMP/said")"
    if [ "$dvo_git_head" != "$P_commit" ]; then
        dvo_differ "commit ${dvo_git_head:-none} becomes $P_commit"
    elif [ -n "$dvo_git_branch" ]; then
        dvo_differ "branch $dvo_git_branch is checked out"
    fi
}

# dvo_git_fetch PATH: the commit is there afterwards. Many servers give out no commit by its
# name, so that all branches and tags come too, if it is not among what is there.
dvo_git_fetch() {
    if ! dvo_git_run -C "$1" cat-file -e "$P_commit^{commit}"; then
        dvo_git_run -C "$1" fetch -q --tags origin '+refs/heads/*:refs/remotes/origin/*' ||
            dvo_git_failed
    fi
    dvo_git_run -C "$1" cat-file -e "$P_commit^{commit}" ||
        dvo_fail ENOENT "$P_repo has no commit $P_commit in its branches and tags"
}

# dvo_git_clone: complete before it stands in its place.
dvo_git_clone() {
    dvo_parents "$P_path"
    dvo_git_new=$(mktemp -d -- "${P_path%/*}/.dvo.XXXXXX" 2>"$DVO_TMP/said") || dvo_fail_said
    trap 'rm -rf -- "$dvo_git_new"' EXIT
    dvo_try chmod 0755 -- "$dvo_git_new"
    dvo_try chown "$DVO_LOGIN_UID:$DVO_LOGIN_GID" -- "$dvo_git_new"
    dvo_git_run init -q -- "$dvo_git_new" || dvo_git_failed
    dvo_git_run -C "$dvo_git_new" remote add origin "$P_repo" || dvo_git_failed
    dvo_git_fetch "$dvo_git_new"
    dvo_git_run -C "$dvo_git_new" checkout -q --detach "$P_commit" || dvo_git_failed
    [ ! -d "$P_path" ] || dvo_try rmdir -- "$P_path"
    dvo_try mv -T -- "$dvo_git_new" "$P_path"
}

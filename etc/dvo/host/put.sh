# A file that the sender has, for steps that need one: root's, 0644, with this digest.
# Parameters: path, digest (sha256:HEX). The sender gives its size with `dvo_op -f`.
dvo_put() {
    dvo_take 'path digest' '' "$@"
    dvo_need path digest
    dvo_expect "$P_path" file
    dvo_owner root root 0644
    if [ "$DVO_KIND" = none ]; then
        dvo_differ "${P_path##*/} is missing"
    else
        dvo_owner_differs "$P_path"
        dvo_put_same "$P_path" || dvo_differ 'content differs'
    fi
    dvo_settle
    [ -n "$DVO_SIZE" ] || dvo_fail EINVAL "nobody sends $P_path"
    dvo_temp "$P_path"
    echo "dvo $dvo_id send" >&3
    head -c "$DVO_SIZE" 2>"$DVO_TMP/said" >"$DVO_NEW" || dvo_fail_said
    dvo_put_same "$DVO_NEW" || dvo_fail EPROTO "$P_path did not arrive as it was sent"
    dvo_swap "$P_path"
    dvo_changed
}

# dvo_put_same PATH: whether it has the digest.
dvo_put_same() {
    dvo_word=$(sha256sum <"$1")
    [ "sha256:${dvo_word%% *}" = "$P_digest" ]
}

# machine.repository: a package repository, and its index read.
# Parameters: repository (its name), uri, suites (list), components (list), key (armoured
# text), key64 (base64 of a binary key ring) or key_url (https, read where the key is not
# there yet) with key_digest (sha256:HEX), trusted, present.
dvo_repository() {
    dvo_take 'repository uri key key64 key_url key_digest trusted present' \
        'suites components' "$@"
    case ${P_repository-} in
    '' | -* | .* | *[!A-Za-z0-9_.-]*) dvo_fail EINVAL "not a name: ${P_repository-}" ;;
    esac
    dvo_repository_path=/etc/apt/sources.list.d/$P_repository.sources
    dvo_repository_key=/etc/apt/keyrings/$P_repository
    if ! dvo_flag present true; then
        dvo_repository_gone "$dvo_repository_path" "$dvo_repository_key.asc" \
            "$dvo_repository_key.gpg"
        dvo_settle
        dvo_try rm -f -- "$dvo_repository_path" "$dvo_repository_key.asc" "$dvo_repository_key.gpg"
        dvo_changed
    fi
    dvo_need uri
    [ -z "${P_key_url+1}" ] || dvo_repository_fetch
    dvo_repository_text
    dvo_ours "$dvo_repository_path" "$dvo_repository_text" 0644
    case ${P_key+asc}${P_key64+gpg} in
    '') dvo_repository_gone "$dvo_repository_key.asc" "$dvo_repository_key.gpg" ;;
    asc)
        dvo_ours "$dvo_repository_key.asc" "$P_key" 0644
        dvo_repository_gone "$dvo_repository_key.gpg"
        ;;
    gpg)
        printf '%s' "$P_key64" | base64 -d >"$DVO_TMP/key" 2>/dev/null ||
            dvo_fail EINVAL 'key64 is not base64'
        dvo_expect "$dvo_repository_key.gpg" file
        cmp -s -- "$DVO_TMP/key" "$dvo_repository_key.gpg" || dvo_differ 'key differs'
        dvo_repository_gone "$dvo_repository_key.asc"
        ;;
    *) dvo_fail EINVAL 'only one of key and key64 is possible' ;;
    esac
    dvo_settle
    case ${P_key+asc}${P_key64+gpg} in
    asc) dvo_ours_write "$dvo_repository_key.asc" "$P_key" 0644 ;;
    gpg)
        dvo_owner root root 0644
        dvo_temp "$dvo_repository_key.gpg"
        cat "$DVO_TMP/key" >"$DVO_NEW" 2>"$DVO_TMP/said" || dvo_fail_said
        dvo_swap "$dvo_repository_key.gpg"
        ;;
    esac
    # The index is read before the file is in its place: a repository that cannot be read
    # never stays behind as one that looks finished.
    printf '%s' "$dvo_repository_text" >"$DVO_TMP/new.sources"
    dvo_apt update -o "Dir::Etc::sourcelist=$DVO_TMP/new.sources" \
        -o Dir::Etc::sourceparts=/dev/null -o APT::Get::List-Cleanup=false -o APT::Update::Error-Mode=any
    dvo_ours_write "$dvo_repository_path" "$dvo_repository_text" 0644
    [ -n "${P_key+1}" ] || dvo_try rm -f -- "$dvo_repository_key.asc"
    [ -n "${P_key64+1}" ] || dvo_try rm -f -- "$dvo_repository_key.gpg"
    dvo_changed
}

# dvo_repository_fetch: P_key or P_key64 from P_key_url, unless what is there has that
# digest. apt's own way: with its proxies, and the certificates that it believes.
dvo_repository_fetch() {
    case ${P_key_digest-} in
    sha256:*) dvo_repository_sum=${P_key_digest#sha256:} ;;
    *) dvo_fail EINVAL 'key_digest is no sha256:HEX' ;;
    esac
    for dvo_word in "$dvo_repository_key.asc" "$dvo_repository_key.gpg"; do
        if [ -f "$dvo_word" ] && [ ! -L "$dvo_word" ]; then
            cp -- "$dvo_word" "$DVO_TMP/fetched"
            dvo_repository_fetched && return 0
        fi
    done
    if dvo_checking; then
        dvo_differ 'key is missing'
        dvo_settle
    fi
    # Whoever fetches has a login of its own for it, which our folder keeps out.
    dvo_repository_place=$(mktemp -d 2>"$DVO_TMP/said") || dvo_fail_said
    trap 'rm -rf -- "$dvo_repository_place"' EXIT
    chmod 0755 "$dvo_repository_place"
    ! getent passwd _apt >/dev/null || dvo_try chown _apt "$dvo_repository_place"
    /usr/lib/apt/apt-helper -q download-file "$P_key_url" "$dvo_repository_place/key" \
        >"$DVO_TMP/said" 2>&1 || dvo_apt_failed
    mv "$dvo_repository_place/key" "$DVO_TMP/fetched"
    rm -rf -- "$dvo_repository_place"
    trap - EXIT
    dvo_repository_fetched || dvo_fail EPROTO \
        "the key at $P_key_url has another digest: sha256:$dvo_repository_has"
}

# dvo_repository_fetched: it has the digest; then it becomes P_key or P_key64.
dvo_repository_fetched() {
    dvo_repository_has=$(sha256sum <"$DVO_TMP/fetched")
    dvo_repository_has=${dvo_repository_has%% *}
    [ "$dvo_repository_has" = "$dvo_repository_sum" ] || return 1
    if grep -q '^-----BEGIN PGP PUBLIC KEY BLOCK-----' "$DVO_TMP/fetched"; then
        P_key=$(cat "$DVO_TMP/fetched" && echo .)
        P_key=${P_key%.}
    else
        P_key64=$(base64 -w0 <"$DVO_TMP/fetched")
    fi
}

# dvo_repository_gone PATH...
dvo_repository_gone() {
    for dvo_word; do
        dvo_expect "$dvo_word" file
        [ "$DVO_KIND" = none ] || dvo_differ "${dvo_word##*/} exists"
    done
}

# dvo_repository_text: the text of the .sources file.
dvo_repository_text() {
    dvo_words suites
    eval "set -- $DVO_WORDS"
    dvo_repository_words suites "$@"
    [ "$#" != 0 ] || dvo_fail EINVAL 'suites is empty'
    dvo_repository_text="Types: deb${DVO_NL}URIs: $P_uri${DVO_NL}Suites: $*$DVO_NL"
    dvo_words components
    eval "set -- $DVO_WORDS"
    dvo_repository_words components "$@"
    [ "$#" = 0 ] || dvo_repository_text="${dvo_repository_text}Components: $*$DVO_NL"
    dvo_repository_words uri "$P_uri"
    case ${P_key+asc}${P_key64+gpg} in
    ?*)
        dvo_word=$dvo_repository_key.${P_key+asc}${P_key64+gpg}
        dvo_repository_text="${dvo_repository_text}Signed-By: $dvo_word$DVO_NL"
        ;;
    esac
    if dvo_flag trusted false; then
        dvo_repository_text="${dvo_repository_text}Trusted: yes$DVO_NL"
    fi
}

dvo_repository_words() {
    dvo_key=$1
    shift
    for dvo_word; do
        case $dvo_word in
        '' | *[![:graph:]]*) dvo_fail EINVAL "not a word for $dvo_key: $dvo_word" ;;
        esac
    done
}

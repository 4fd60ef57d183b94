# machine.repository: a package repository, and its index read.
# Parameters: repository (its name), uri, suites (list), components (list), key (armoured
# text) or key64 (base64 of a binary key ring), trusted, present.
dvo_repository() {
    dvo_take 'repository uri key key64 trusted present' 'suites components' "$@"
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

# machine.bootstrap: the machine has finished booting, has what its tools need, and a package
# index that is not older than an hour.
# Parameters: packages (list of what the tools need there), within (seconds).
# Values: os, release, arch, cpus, memory (bytes).
dvo_bootstrap() {
    dvo_take within packages "$@"
    P_within=${P_within-300}
    dvo_number within "$P_within"
    dvo_bootstrap_facts
    if [ "$N_packages" != 0 ]; then
        dvo_words packages
        eval "dvo_packages_read $DVO_WORDS"
        eval "dvo_bootstrap_compare $DVO_WORDS"
    fi
    if dvo_checking; then
        dvo_settle
    fi
    dvo_bootstrap_booted
    if command -v apt-get >/dev/null &&
        [ -z "$(find /var/lib/dvo/index -mmin -60 2>/dev/null)" ]; then
        dvo_apt update -o APT::Update::Error-Mode=any
        dvo_parents /var/lib/dvo/index
        : >/var/lib/dvo/index
    fi
    dvo_settle
    dvo_words packages
    eval "dvo_apt install --no-install-recommends -- $DVO_WORDS"
    dvo_changed
}

dvo_bootstrap_compare() {
    for dvo_bootstrap_word; do
        dvo_package_word "$dvo_bootstrap_word"
        dvo_package_state "$DVO_PACKAGE"
        [ "$DVO_STATE" = installed ] || dvo_differ "$DVO_PACKAGE is not installed"
    done
}

# dvo_bootstrap_booted: a machine that degraded while booting has booted.
dvo_bootstrap_booted() {
    if command -v cloud-init >/dev/null; then
        timeout "$P_within" cloud-init status --wait >"$DVO_TMP/said" 2>&1
        case $? in
        124) dvo_fail ETIMEDOUT "cloud-init is not done after $P_within seconds" ;;
        1) dvo_fail EPOSTCOND "cloud-init failed: $(tail -c 1000 "$DVO_TMP/said")" ;;
        esac
    fi
    if [ -d /run/systemd/system ]; then
        timeout "$P_within" systemctl is-system-running --wait >"$DVO_TMP/said" 2>&1
        [ "$?" != 124 ] || dvo_fail ETIMEDOUT "the machine has not booted after $P_within seconds"
    fi
}

dvo_bootstrap_facts() {
    # shellcheck source=/dev/null
    dvo_value os "$(. /etc/os-release && echo "${ID-}")"
    # shellcheck source=/dev/null
    dvo_value release "$(. /etc/os-release && echo "${VERSION_ID-}")"
    dvo_value arch "$(dpkg --print-architecture 2>/dev/null || uname -m)"
    dvo_value cpus "$(getconf _NPROCESSORS_ONLN)"
    while read -r dvo_key dvo_word; do
        if [ "$dvo_key" = MemTotal: ]; then
            dvo_value memory "$((${dvo_word% kB} * 1024))"
        fi
    done </proc/meminfo
}

# machine.bootstrap: the machine has finished booting, has what its tools need, and a package
# index that is not older than an hour.
# Parameters: packages (list of what the tools need there), chef (present, package or gem:
# where Chef Infra Client comes from, if it is needed), client (its program), within (seconds).
# Values: os, release, arch, cpus, memory (bytes).
dvo_bootstrap() {
    dvo_take 'within chef client' packages "$@"
    P_within=${P_within-300}
    dvo_number within "$P_within"
    dvo_bootstrap_facts
    if [ "$N_packages" != 0 ]; then
        dvo_words packages
        eval "dvo_packages_read $DVO_WORDS"
        eval "dvo_bootstrap_compare $DVO_WORDS"
    fi
    dvo_bootstrap_chef=
    if [ -n "${P_chef-}" ] && ! dvo_chef_find "${P_client-}"; then
        dvo_bootstrap_chef=$P_chef
        dvo_differ 'Chef Infra Client is not installed'
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
    if [ "$N_packages" != 0 ]; then
        dvo_words packages
        eval "dvo_apt install --no-install-recommends -- $DVO_WORDS"
    fi
    case $dvo_bootstrap_chef in
    present)
        dvo_fail ENOSYS "there is no ${P_client:-cinc-client or chef-client} on this machine: \
let chef: {install: package} or {install: gem} in dvo.yaml put one there, use an image that has \
one, or another backend"
        ;;
    package) dvo_bootstrap_chef_package ;;
    gem) dvo_bootstrap_chef_gem ;;
    esac
    dvo_changed
}

# dvo_bootstrap_chef_package: from a repository that the machine already has.
dvo_bootstrap_chef_package() {
    for dvo_word in cinc chef; do
        # Others may know it by name only.
        apt-cache policy "$dvo_word" 2>/dev/null | grep -q 'Candidate: [^(]' || continue
        dvo_apt install --no-install-recommends -- "$dvo_word"
        return
    done
    dvo_fail ENOENT "no repository of this machine has a package cinc or chef"
}

# dvo_bootstrap_chef_gem: from the gem registry of the machine, into a folder of its own,
# beside the gems that Debian's Ruby carries. chef 18 is the newest that asks for no key.
dvo_bootstrap_chef_gem() {
    dvo_apt install --no-install-recommends -- ruby ruby-dev gcc g++ make libc6-dev libarchive13
    dvo_bootstrap_gems=/opt/dvo/chef
    dvo_try env HOME=/root gem install --no-document --install-dir "$dvo_bootstrap_gems/gems" \
        --bindir "$dvo_bootstrap_gems/gems/bin" chef:18.10.17 chef-bin:18.10.17 \
        ruby-shadow:2.5.1
    dvo_try mkdir -p "$dvo_bootstrap_gems/bin"
    # shellcheck disable=SC2016 # for the shell that runs it
    printf '#!/bin/sh\n%s\nexport GEM_PATH\nexec ruby %s "$@"\n' \
        "GEM_PATH=$dvo_bootstrap_gems/gems:\$(ruby -e 'print Gem.default_path.join(\":\")')" \
        "$dvo_bootstrap_gems/gems/bin/chef-client" >"$dvo_bootstrap_gems/bin/chef-client"
    dvo_try chmod 0755 "$dvo_bootstrap_gems/bin/chef-client"
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

#!/bin/bash
# The real Chef Infra Client: the programs of the folder that install.sh makes, and the machine
# image that has it. The licence is accepted here by the word of this test alone.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/e2e/lib.sh
. "$root/tests/e2e/lib.sh"
bash etc/dvo/engine/image.sh chef || exit 1
chef=$(sh etc/dvo/chef/install.sh) || exit 1
DVO_CHEF_LICENSE=accept-no-persist

# Nothing of the caller's environment is needed, and its gems do not get in the way.
alone() {
    env -i PATH=/usr/bin:/bin HOME="$work" RUBYOPT=-rmissing GEM_HOME=/missing "$@"
}

version() { # PROGRAM TEXT
    alone "$chef/bin/$1" --version </dev/null >"$work/out" 2>&1 && cat "$work/out" && says "$2"
}

locked() { # GEM: its version
    sed -n "s/^    $1 (\([0-9.]*\))\$/\1/p" etc/dvo/chef/Gemfile.lock.in
}

renamed() {
    cp -a "$chef" "$work/a folder" && (umask 077 && cd / &&
        alone "$work/a folder/bin/knife" --version </dev/null)
}

# A second call of install.sh is done at once.
left_alone() {
    local before
    before=$(stat -c %i "$chef")
    [ "$(timeout 10 sh etc/dvo/chef/install.sh)" = "$chef" ] &&
        [ "$(stat -c %i "$chef")" = "$before" ]
}

# Every method of Chef's resources is among the words that no property is called.
words() {
    alone "$chef/bin/knife" exec -E 'puts (Chef::Resource.instance_methods +
        Chef::Resource.private_instance_methods.reject do |name|
            [Kernel, Object, BasicObject].include?(Chef::Resource.instance_method(name).owner)
        end).grep(/\A[a-z][a-z0-9_]*\z/)' </dev/null 2>"$work/out" | LC_ALL=C sort -u >"$work/methods"
    sed -n '/^static const char \*const reserved/,/;$/p' emitters/chef_step.c |
        grep -o '"[^"]*"' | tr -d '"' | LC_ALL=C sort -u >"$work/words"
    cat "$work/out"
    grep -qx validate "$work/methods" && LC_ALL=C comm -23 "$work/methods" "$work/words" >"$work/out" &&
        cat "$work/out" && [ ! -s "$work/out" ]
}

cookbook() { # FOLDER
    mkdir -p "$1/cookbooks/one/recipes"
    echo "name 'one'" >"$1/cookbooks/one/metadata.rb"
    echo "file '/srv/chef' do
  content 'größer'
end" >"$1/cookbooks/one/recipes/default.rb"
}

unlicensed() {
    cookbook "$work/unlicensed"
    alone "$chef/bin/chef-client" --local-mode --override-runlist one --why-run \
        --config-option cookbook_path="$work/unlicensed/cookbooks" </dev/null >"$work/out" 2>&1
    status=$?
    cat "$work/out"
    [ "$status" -ne 0 ] && says "cannot execute without accepting the license"
}

converge() {
    runs client || return
    cookbook "$work/converge"
    tar -C "$work/converge" -cf - cookbooks | remote "$(machine box)" tar -C /root -xf - &&
        on box "chef-client --local-mode --override-runlist one --no-color \\
            --config-option cookbook_path=/root/cookbooks \\
            --chef-license $DVO_CHEF_LICENSE" >"$work/out" 2>&1
    status=$?
    cat "$work/out"
    [ "$status" -eq 0 ] && says "1/1 resources updated" &&
        [ "$(on box 'cat /srv/chef')" = größer ] &&
        ! on box 'ls -d /etc/chef/accepted_licenses /root/.chef/accepted_licenses 2>/dev/null'
}

program client <<'END'
box = cloud.create(flavor=provider.FLAVOR_SMALL, image="debian-12-chef")
box.bootstrap(via="api")
END

check chefclient/chef-client version chef-client "Chef Infra Client: $(locked chef)"
check chefclient/cookstyle version cookstyle "Cookstyle $(locked cookstyle)"
check chefclient/knife version knife "Chef Infra Client: $(locked chef)"
check chefclient/chef-cli version chef-cli "Chef CLI version: $(locked chef-cli)"
check chefclient/chef-zero version chef-zero "$(locked chef-zero)"
check chefclient/renamed renamed
check chefclient/words words
check chefclient/left-alone left_alone
check chefclient/unlicensed unlicensed
check chefclient/converge converge
counted

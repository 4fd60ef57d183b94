#!/bin/sh
# Puts Chef Infra Client, Cookstyle and knife into one folder that needs nothing but Debian
# 12's ruby and libarchive13: it may be renamed, or copied to another computer.
#
#   install.sh [FOLDER]   default: /opt/dvo/chef for root, else ~/.local/share/dvo/chef
#
# Prints where the folder is; its bin holds the programs. A folder that is up to date is left
# alone; else a new one is made beside it and renamed. Nobody's licence is accepted here:
# chef-client asks for it.
set -eu
umask 022

ruby=/usr/bin/ruby
bundle=/usr/bin/bundle

die() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 1
}

if [ $# -gt 1 ]; then
    echo "usage: install.sh [FOLDER]" >&2
    exit 2
elif [ $# -eq 1 ]; then
    folder=$1
elif [ "$(id -u)" -eq 0 ]; then
    folder=/opt/dvo/chef
else
    [ -n "${XDG_DATA_HOME:-${HOME:-}}" ] || die "HOME is not set: name the folder"
    folder=${XDG_DATA_HOME:-$HOME/.local/share}/dvo/chef
fi
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$(dirname "$folder")"
folder=$(cd "$(dirname "$folder")" && pwd)/$(basename "$folder")

# The caller's own gems are no business of this folder.
unset RUBYOPT RUBYLIB GEM_HOME GEM_PATH
for name in $(env | sed -n 's/^\(BUNDLE_[A-Z_]*\)=.*/\1/p'); do
    unset "$name"
done

need() {
    missing=
    [ -x "$ruby" ] || missing="$missing ruby"
    [ -x "$bundle" ] || missing="$missing bundler"
    for program in gcc g++ make; do
        command -v "$program" >/dev/null || missing="$missing $program"
    done
    # shellcheck disable=SC2016 # Ruby's, not the shell's
    [ ! -x "$ruby" ] || "$ruby" -e \
        'exit File.exist?(File.join(RbConfig::CONFIG["rubyhdrdir"], "ruby.h"))' ||
        missing="$missing ruby-dev"
    [ -z "$missing" ] || die "install these packages first:$missing"
}

# What the folder was made from. Compiled gems belong to one version of Ruby.
digest() {
    {
        cat "$here/Gemfile" "$here/Gemfile.lock.in" "$here/launch.rb" "$here/install.sh"
        "$ruby" -e 'puts RUBY_PLATFORM, Gem.ruby_api_version'
    } | sha256sum | cut -d ' ' -f 1
}

up_to_date() {
    [ "$(cat "$folder/stamp" 2>/dev/null)" = "$wanted" ] && printf '%s\n' "$folder"
}

# lock REGISTRY: the lock file of the new folder.
lock() {
    {
        printf 'GEM\n  remote: %s\n' "$1"
        tail -n +2 "$here/Gemfile.lock.in"
    } >"$new/Gemfile.lock"
}

install_gems() {
    cp "$here/Gemfile" "$new/Gemfile"
    lock "$("$ruby" -e 'puts Gem.sources.first.uri')"
    mkdir "$new/.bundle" "$new/home"
    printf -- '---\nBUNDLE_PATH: "gems"\nBUNDLE_FROZEN: "true"\n' >"$new/.bundle/config"
    HOME=${HOME:-$new/home} BUNDLE_GEMFILE=$new/Gemfile BUNDLE_APP_CONFIG=$new/.bundle \
        BUNDLE_JOBS=$(nproc) BUNDLE_SILENCE_ROOT_WARNING=1 \
        "$ruby" "$bundle" install >"$new/log" 2>&1 || {
        tail -n 20 "$new/log" >&2
        ! grep -qE 'Could not (fetch|reach)|Network error|SocketError' "$new/log" ||
            die "the gem registry does not answer; \`gem sources\` says which it is"
        die "the gems could not be installed"
    }
    # From here on no registry is asked for anything, and the real one's address, which may
    # carry a login, does not travel.
    sed -i 's|^source .*|source "https://gems.invalid/"|' "$new/Gemfile"
    lock https://gems.invalid/
    rm -rf "${new:?}/log" "${new:?}/home" "$new/gems"/ruby/*/cache
    find "$new/gems" \( -name gem_make.out -o -name mkmf.log -o -name '*.o' \) -delete
}

# program GEM NAME: that program of a gem in the new folder's bin.
program() {
    cat >"$new/bin/$2" <<END
#!/bin/sh
exec env -u RUBYOPT -u RUBYLIB -u GEM_HOME -u GEM_PATH \\
    $ruby -E UTF-8 "\$(dirname "\$(readlink -f "\$0")")/../launch.rb" $1 $2 "\$@"
END
    chmod 0755 "$new/bin/$2"
}

[ -x "$ruby" ] || need
wanted=$(digest)
up_to_date && exit 0
need
exec 9>"$folder.lock"
flock 9
up_to_date && exit 0

echo "installing Chef in $folder" >&2
new=$folder.new
trap 'rm -rf "$new"' EXIT
trap 'exit 130' INT TERM
rm -rf "$new"
mkdir -m 0700 "$new"
install_gems
cp "$here/launch.rb" "$new/launch.rb"
mkdir "$new/bin"
program chef-bin chef-client
program chef-cli chef-cli
program knife knife
program cookstyle cookstyle
program chef-zero chef-zero
echo "$wanted" >"$new/stamp"
chmod 0755 "$new"
rm -rf "$folder.old"
[ ! -e "$folder" ] || mv -T "$folder" "$folder.old"
mv -T "$new" "$folder"
rm -rf "$folder.old"
printf '%s\n' "$folder"

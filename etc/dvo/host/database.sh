# machine.database: a PostgreSQL database, its owner, and who may connect. What belongs to a
# database stands between marks with its name in pg_hba.conf; the server listens to others as
# long as any database wants it to.
# Parameters: database, owner, password, listen (list of networks), present.
# Values: host (where those who may connect find it), port, url.
dvo_database() {
    dvo_take 'database owner password present' listen "$@"
    dvo_database_name database "${P_database-}"
    [ -z "${P_owner+1}" ] || dvo_database_name owner "$P_owner"
    case ${P_password-} in
    *"$DVO_NL"*) dvo_fail EINVAL 'a password is one line' ;;
    esac
    dvo_database_block=
    dvo_words listen
    eval "set -- $DVO_WORDS"
    for dvo_word; do
        case $dvo_word in
        '' | *[!0-9a-fA-F.:/]*) dvo_fail EINVAL "not a network: $dvo_word" ;;
        esac
        dvo_database_block="${dvo_database_block}host \"$P_database\" all $dvo_word scram-sha-256$DVO_NL"
    done
    if ! dvo_flag present true; then
        dvo_database_block=
        dvo_database_cluster || dvo_same 'there is no server'
    elif ! dvo_database_cluster; then
        dvo_differ 'there is no server'
        dvo_settle
        dvo_apt install -- postgresql
        dvo_database_cluster ||
            dvo_fail EPOSTCOND 'after PostgreSQL was installed, there is no cluster'
    fi
    dvo_database_address
    dvo_database_files
    dvo_database_compare
    dvo_settle
    dvo_database_why=$DVO_WHY
    DVO_WHY=
    dvo_database_start
    dvo_database_change
    dvo_database_settings
    dvo_database_files
    dvo_database_compare
    [ -z "$DVO_WHY" ] || dvo_fail EPOSTCOND "after all was done: $DVO_WHY"
    DVO_WHY=$dvo_database_why
    dvo_changed
}

# dvo_database_name KEY TEXT: one that needs no thought in SQL, pg_hba.conf or a URL.
dvo_database_name() {
    case $2 in
    '' | [!A-Za-z_]* | *[!A-Za-z0-9_-]*) dvo_fail EINVAL "not a name for $1: $2" ;;
    postgres | template[01]) dvo_fail EINVAL "$2 belongs to the server" ;;
    esac
    [ "${#2}" -le 63 ] || dvo_fail EINVAL "$1 is longer than 63 bytes"
}

# dvo_database_cluster: the cluster of the usual port, else the first; false if none.
dvo_database_cluster() {
    command -v pg_lsclusters >/dev/null || return 1
    pg_lsclusters -h >"$DVO_TMP/clusters" 2>"$DVO_TMP/said" || dvo_fail_said
    dvo_word=$(awk '$3 == 5432 { print; exit } !first { first = $0 }
        END { if ($3 != 5432) print first }' "$DVO_TMP/clusters" | head -n 1)
    [ -n "$dvo_word" ] || return 1
    read -r dvo_database_version dvo_database_called dvo_database_port dvo_database_state \
        dvo_word <<END
$dvo_word
END
    dvo_database_etc=/etc/postgresql/$dvo_database_version/$dvo_database_called
    dvo_database_unit=postgresql@$dvo_database_version-$dvo_database_called.service
}

# dvo_database_address: the values of the call.
dvo_database_address() {
    dvo_flag present true || return 0
    dvo_database_host=127.0.0.1
    if [ "$N_listen" != 0 ]; then
        dvo_database_host=$(hostname -I)
        dvo_database_host=${dvo_database_host%% *}
    fi
    dvo_value host "$dvo_database_host"
    dvo_value port "$dvo_database_port"
    case $dvo_database_host in
    *:*) dvo_database_host="[$dvo_database_host]" ;;
    esac
    dvo_database_who=${P_owner-}
    if [ -n "${P_password+1}" ]; then
        dvo_database_who=$dvo_database_who:$(printf '%s' "$P_password" | dvo_database_percent)
    fi
    dvo_value url "postgresql://${dvo_database_who:+$dvo_database_who@}$dvo_database_host:$dvo_database_port/$P_database"
}

# dvo_database_percent: stdin, in which a URL has nothing to interpret.
dvo_database_percent() {
    awk '
        BEGIN { for (i = 1; i < 256; i++) code[sprintf("%c", i)] = sprintf("%%%02X", i) }
        {
            for (i = 1; i <= length($0); i++) {
                c = substr($0, i, 1)
                printf "%s", c ~ /[A-Za-z0-9._~-]/ ? c : code[c]
            }
        }'
}

# dvo_database_files: the wanted texts of pg_hba.conf and our own settings, compared.
dvo_database_files() {
    dvo_database_hba=$dvo_database_etc/pg_hba.conf
    dvo_expect "$dvo_database_hba" file
    begin="# BEGIN dvo $P_database" end="# END dvo $P_database" block=$dvo_database_block awk '
        $0 == ENVIRON["begin"] { inside = 1 }
        !inside { print }
        $0 == ENVIRON["end"] { inside = 0 }
        END {
            if (inside) exit 3
            if (ENVIRON["block"] != "")
                printf "%s\n%s%s\n", ENVIRON["begin"], ENVIRON["block"], ENVIRON["end"]
        }' "$dvo_database_hba" >"$DVO_TMP/hba" 2>"$DVO_TMP/said"
    case $? in
    0) ;;
    3) dvo_fail EINVAL "the block of $P_database in $dvo_database_hba has no end" ;;
    *) dvo_fail_said ;;
    esac
    dvo_database_hba_differs=
    cmp -s -- "$DVO_TMP/hba" "$dvo_database_hba" || {
        dvo_database_hba_differs=1
        dvo_differ 'pg_hba.conf differs'
    }
    dvo_database_to=localhost
    ! grep -q '^# BEGIN dvo ' "$DVO_TMP/hba" || dvo_database_to='*'
    dvo_database_conf=$dvo_database_etc/conf.d/dvo.conf
    dvo_database_text="listen_addresses = '$dvo_database_to'$DVO_NL"
    # An untouched server that nobody else may reach needs no file of ours.
    [ "$dvo_database_to" = localhost ] && [ ! -e "$dvo_database_conf" ] && return 0
    dvo_database_was=$DVO_WHY
    DVO_WHY=
    dvo_ours "$dvo_database_conf" "$dvo_database_text" 0644
    dvo_database_conf_differs=$DVO_WHY
    DVO_WHY=$dvo_database_was
    [ -z "$dvo_database_conf_differs" ] || dvo_differ "listen_addresses becomes $dvo_database_to"
}

# dvo_database_sql DATABASE: the statements on stdin, as the server's own login. Nothing is
# logged of them, and no word of them is in a list of processes.
dvo_database_sql() {
    (
        cd / || exit
        exec runuser -u postgres -- env PGOPTIONS='-c log_statement=none -c log_min_error_statement=panic -c log_min_duration_statement=-1' \
            psql -X -q -A -t -v ON_ERROR_STOP=1 -p "$dvo_database_port" -d "$1"
    ) >"$DVO_TMP/answer" 2>"$DVO_TMP/said"
}

# dvo_database_compare: what the cluster itself says. A server that is down says nothing.
dvo_database_compare() {
    dvo_database_has=
    if ! echo 'SELECT 1' | dvo_database_sql postgres; then
        dvo_differ "the server does not answer"
        return 0
    fi
    dvo_database_has=$(
        echo "SELECT 'database ' || pg_get_userbyid(datdba) FROM pg_database WHERE datname = '$P_database';
SELECT 'role ' || rolcanlogin FROM pg_authid WHERE rolname = '${P_owner-}';
SELECT 'listen ' || current_setting('listen_addresses');" |
            dvo_database_sql postgres && cat "$DVO_TMP/answer"
    ) || dvo_fail_said
    case $DVO_NL$dvo_database_has in
    *"${DVO_NL}database "*)
        dvo_flag present true || dvo_differ 'database exists'
        ;;
    *) ! dvo_flag present true || dvo_differ 'database is missing' ;;
    esac
    dvo_flag present true || return 0
    [ "$dvo_database_to" != '*' ] || case $dvo_database_has in
    *"listen *"*) ;;
    *) dvo_differ 'the server does not listen to others' ;;
    esac
    [ -n "${P_owner-}" ] || return 0
    case $DVO_NL$dvo_database_has$DVO_NL in
    *"${DVO_NL}role true$DVO_NL"*)
        [ -z "${P_password+1}" ] || dvo_database_password || dvo_differ 'password differs'
        ;;
    *"${DVO_NL}role "*) dvo_differ "$P_owner cannot log in" ;;
    *) dvo_differ "role $P_owner is missing" ;;
    esac
    case $DVO_NL$dvo_database_has$DVO_NL in
    *"${DVO_NL}database $P_owner$DVO_NL"*) ;;
    *"${DVO_NL}database "*) dvo_differ "the database belongs to another role" ;;
    esac
}

# dvo_database_password: is it the role's? Asked in the way clients are, by logging in; the
# password is in a file of the private folder.
dvo_database_password() {
    printf '%s' "$P_password" | sed 's/[\\:]/\\&/g; s/^/127.0.0.1:*:*:*:/' >"$DVO_TMP/pgpass"
    echo >>"$DVO_TMP/pgpass"
    chmod 0600 "$DVO_TMP/pgpass"
    PGPASSFILE=$DVO_TMP/pgpass PGCONNECT_TIMEOUT=10 psql -X -w -h 127.0.0.1 \
        -p "$dvo_database_port" -U "$P_owner" -d postgres -c 'SELECT 1' \
        </dev/null >/dev/null 2>"$DVO_TMP/login"
    dvo_word=$?
    rm -f "$DVO_TMP/pgpass"
    [ "$dvo_word" = 0 ]
}

# dvo_database_change: roles and databases.
dvo_database_change() {
    if ! dvo_flag present true; then
        echo "DROP DATABASE IF EXISTS \"$P_database\" WITH (FORCE);" |
            dvo_database_sql postgres || dvo_database_said
        return 0
    fi
    if [ -n "${P_owner-}" ]; then
        {
            case $DVO_NL$dvo_database_has in
            *"${DVO_NL}role "*) echo "ALTER ROLE \"$P_owner\" LOGIN;" ;;
            *) echo "CREATE ROLE \"$P_owner\" LOGIN;" ;;
            esac
            if [ -n "${P_password+1}" ]; then
                printf "SET password_encryption = 'scram-sha-256';\n"
                printf '%s' "ALTER ROLE \"$P_owner\" PASSWORD '"
                printf '%s' "$P_password" | sed "s/'/''/g"
                printf "';\n"
            fi
        } | {
            echo 'SET standard_conforming_strings = on;'
            cat
        } | dvo_database_sql postgres || dvo_database_said
    fi
    {
        case $DVO_NL$dvo_database_has in
        *"${DVO_NL}database "*) ;;
        *) echo "CREATE DATABASE \"$P_database\";" ;;
        esac
        [ -z "${P_owner-}" ] || echo "ALTER DATABASE \"$P_database\" OWNER TO \"$P_owner\";"
    } | dvo_database_sql postgres || dvo_database_said
}

dvo_database_said() {
    case $(cat "$DVO_TMP/said") in
    *'could not connect'* | *'connection to server'*) DVO_ERRNO=ECONN ;;
    *'being accessed'*) DVO_ERRNO=EBUSY ;;
    *) dvo_fail_said ;;
    esac
    dvo_fail "$DVO_ERRNO" "$(tail -c 2000 "$DVO_TMP/said")"
}

# dvo_database_start: the cluster answers; enabled as Debian does it. "systemctl restart
# postgresql" succeeds with a dead cluster, so only the cluster's own unit and answer count.
dvo_database_start() {
    ! echo 'SELECT 1' | dvo_database_sql postgres || return 0
    dvo_unit_do start "$dvo_database_unit"
    dvo_database_wait
    dvo_database_compare
    DVO_WHY=
}

dvo_database_wait() {
    dvo_waits=0
    until echo 'SELECT 1' | dvo_database_sql postgres; do
        [ "$dvo_waits" -lt 60 ] || dvo_unit_broken "$dvo_database_unit"
        sleep 0.5
        dvo_waits=$((dvo_waits + 1))
    done
}

# dvo_database_settings: pg_hba.conf is read again; only another address needs a restart.
dvo_database_settings() {
    if [ -n "$dvo_database_hba_differs" ]; then
        dvo_owner "$(stat -c %u "$dvo_database_hba")" "$(stat -c %g "$dvo_database_hba")" \
            "$(stat -c %a "$dvo_database_hba")"
        dvo_temp "$dvo_database_hba"
        dvo_try cp -- "$DVO_TMP/hba" "$DVO_NEW"
        dvo_swap "$dvo_database_hba"
        echo 'SELECT pg_reload_conf();' | dvo_database_sql postgres || dvo_database_said
    fi
    [ -z "${dvo_database_conf_differs-}" ] ||
        dvo_ours_write "$dvo_database_conf" "$dvo_database_text" 0644
    case $dvo_database_has in
    *"listen $dvo_database_to"*) return 0 ;;
    esac
    [ "$dvo_database_to" = '*' ] || [ -e "$dvo_database_conf" ] || return 0
    dvo_unit_do restart "$dvo_database_unit"
    dvo_database_wait
}

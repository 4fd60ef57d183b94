<?php
// Counts visits in the database that the pool's settings name.
$database = pg_connect(getenv('DATABASE_URL'));
pg_query($database, 'create table if not exists visit (at timestamptz not null default now())');
pg_query($database, 'insert into visit default values');
header('Content-Type: text/plain; charset=utf-8');
echo pg_fetch_result(pg_query($database, 'select count(*) from visit'), 0, 0), " visits\n";

# Runs the recipes beside it without a server:
#
#     DVO_VALUES=FILE chef-client --local-mode -c client.rb -j nodes/MACHINE.json
#
# values.example.json shows what is in FILE. Nothing is written beside the recipes.

cache = ENV.fetch('DVO_CACHE', '/var/cache/dvo/chef-client')

local_mode true
chef_repo_path cache
cookbook_path ::File.join(::File.dirname(::File.expand_path(__FILE__)), 'cookbooks')
file_cache_path ::File.join(cache, 'cache')
file_backup_path ::File.join(cache, 'backup')
chef_guid_path ::File.join(cache, 'chef_guid')
minimal_ohai true

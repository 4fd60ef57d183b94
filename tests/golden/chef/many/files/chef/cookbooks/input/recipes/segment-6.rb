#
# Cookbook:: input
# Recipe:: segment-6
#

# input.dvo:6 install(jq)
# input.dvo:7 install(...,git)
dvo_install 'Install jq, git, {...}' do
  packages lazy { ['jq', 'git', Dvo.value('install_packages')] }
  members lazy { ['jq', 'git ' + Dvo.value('install_packages')] }
end

# input.dvo:8 file(/srv/page)
dvo_file '/srv/page' do
  content lazy {
    Dvo.value('file_srv_page_content') + Dvo.value('private_ip') + ' ' + Dvo.value('content_private_ip') + ' ' + Dvo.value('shop_ip') + "\n"
  }
  register 'file_srv_page'
end

# input.dvo:12 file(...)
dvo_file 'Write {path}' do
  path lazy { Dvo.value('file_path') }
  content lazy { Dvo.value('file_content') }
end

# input.dvo:13 query(cat,/srv/page)
dvo_query 'Ask cat, /srv/page' do
  argv %w(cat /srv/page)
  register 'query_cat_srv_page'
end

# input.dvo:14 file(/srv/copy)
dvo_file '/srv/copy' do
  content lazy { Dvo.result('query_cat_srv_page', 'stdout') + "\n" }
  only_if { Dvo.changed?('file_srv_page') }
end

# input.dvo:15 user(...)
dvo_user 'Keep user {login}' do
  login lazy { Dvo.value('user_login') }
  uid lazy { Dvo.value('user_uid') }
end

# input.dvo:16 service(cron.service)
dvo_service 'cron.service' do
  restart lazy { Dvo.changed?('file_srv_page') }
end

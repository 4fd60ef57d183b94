#
# Cookbook:: input
# Recipe:: segment-4
#

# input.dvo:6 install(nginx)
# input.dvo:7 install(curl,nginx)
dvo_install 'Install nginx, curl' do
  packages %w(nginx curl)
  members ['nginx', 'curl nginx']
  only_if { Dvo.value('when_arch') == 'x86_64' }
end

# input.dvo:8 file(/etc/app.conf)
dvo_file '/etc/app.conf' do
  content lazy {
    Dvo.value('file_etc_app_conf_content') + Dvo.value('ip') + '
db = ' + Dvo.value('db_ip') + "\n"
  }
end

# input.dvo:9 directory(...)
dvo_directory 'Keep directory {path}' do
  path lazy { Dvo.value('directory_path') }
end

#
# Cookbook:: input
# Recipe:: segment-2
#

# input.dvo:4 hosts.shop.file(/etc/nginx/nginx.conf)
dvo_file '/etc/nginx/nginx.conf' do
  content 'events {}' + "\n"
  register 'file_etc_nginx_nginx_conf'
end

# input.dvo:5 hosts.shop.file(/etc/nginx/sites-enabled/shop)
dvo_file '/etc/nginx/sites-enabled/shop' do
  content 'server {}' + "\n"
  register 'file_etc_nginx_sites_enabled_shop'
end

# input.dvo:6 hosts.shop.service(nginx.service)
dvo_service 'nginx.service' do
  restart lazy { Dvo.changed?('file_etc_nginx_nginx_conf') }
  reload lazy { Dvo.changed?('file_etc_nginx_sites_enabled_shop') }
end

# input.dvo:7 hosts.shop.service(cron.service)
dvo_service 'cron.service' do
  reload lazy {
    Dvo.changed?('file_etc_nginx_nginx_conf') || Dvo.changed?('file_etc_nginx_sites_enabled_shop')
  }
end

# input.dvo:8 hosts.shop.service(apache2.service)
dvo_service 'apache2.service' do
  running false
end

# input.dvo:9 hosts.shop.service(ssh.socket)
dvo_service 'ssh.socket' do
  running false
  enabled true
end
